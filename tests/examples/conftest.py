"""The examples run in sandboxes of their own."""

from tests.sandbox.conftest import fresh_sandbox

__all__ = ["fresh_sandbox"]
