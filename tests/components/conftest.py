"""What the components' tests share: the library's own fixture, as an importer would use it."""

from components.testing import slipway

__all__ = ["slipway"]
