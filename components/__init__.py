"""Slipway: Pulumi components that put containers on AWS."""
