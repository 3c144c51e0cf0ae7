"""``python -m sandbox.kubernetes build``: what ``make kubernetes`` calls."""

import sys

from ..cloud.errors import CloudError
from . import build


def main(arguments: list[str]) -> int:
    """Build the control plane; returns the exit code."""
    if arguments != ["build"]:
        print("usage: python -m sandbox.kubernetes build", file=sys.stderr)
        return 2
    try:
        folder = build.build(lambda line: print(line, flush=True))
    except CloudError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Interrupted; nothing half-built was kept.", file=sys.stderr)
        return 130
    print(f"Kubernetes {build.kubernetes_version()} is built: {folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
