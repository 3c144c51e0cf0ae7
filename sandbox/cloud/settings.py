"""What the launcher was started with, read once from its environment."""

import os
from dataclasses import dataclass
from pathlib import Path

from .minute import DEFAULT_SECONDS, seconds
from .sessions import BOOT_VARIABLE


@dataclass(frozen=True)
class Settings:
    """The child's own view of the cloud."""

    state: Path
    engine: str
    port: int
    boot: str
    hostname: str
    account: str
    region: str
    minute: float = DEFAULT_SECONDS
    """Seconds of a minute of CloudWatch: alarm periods shrink with it."""

    @classmethod
    def read(cls) -> "Settings":
        """From the environment that ``lifecycle.start`` made."""
        return cls(
            state=Path(os.environ["SANDBOX_STATE"]),
            engine=os.environ["SANDBOX_ENGINE"],
            port=int(os.environ["GATEWAY_PORT"]),
            boot=os.environ[BOOT_VARIABLE],
            hostname=os.environ["MINISTACK_HOSTNAME"],
            account=os.environ["MINISTACK_ACCOUNT_ID"],
            region=os.environ["MINISTACK_REGION"],
            minute=seconds(),
        )
