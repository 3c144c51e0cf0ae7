"""The cloud's process: apply the patches, then run the emulator.

Started by ``lifecycle.start``, which sets the environment that this reads.
"""

import sys

from . import janitor
from .settings import Settings


def main() -> None:
    """Run until terminated."""
    settings = Settings.read()
    keeper = janitor.hire(settings.hostname, settings.engine)

    from . import addresses, bridge, patches

    if settings.engine == "process":
        addresses.keep_to_loopback()
    patches.apply(settings)
    if settings.engine == "docker":
        from .engines import docker_client

        if (address := bridge.gateway_address(docker_client())) is not None:
            bridge.open_bridge(address, settings.port)

    from ministack import app

    sys.argv = ["ministack"]
    try:
        app.main()
    finally:
        if keeper.stdin is not None:
            keeper.stdin.close()


if __name__ == "__main__":
    main()
