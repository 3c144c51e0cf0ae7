"""Kubernetes for the embedded cloud: a control plane per cluster, nodes, pods that run.

``choice`` says which kind there is, ``build`` makes the binaries, ``plane`` starts a real
control plane, ``nodes`` joins nodes to it, ``client`` talks to any API server.
"""
