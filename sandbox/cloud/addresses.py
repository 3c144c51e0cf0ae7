"""Where a task's address really is.

A task of the process engine has an address of its subnet, as on AWS, that no network
carries; its ports are ports of 127.0.0.1. Docker Desktop hides container addresses the
same way. Load balancers and discovery ask here before they connect.
"""

UNREACHABLE = ("127.0.0.1", 9)
"""The discard port of loopback: a connection is refused at once."""

_real: dict[tuple[str, int], tuple[str, int]] = {}
_only_loopback = False


def keep_to_loopback() -> None:
    """From now on an address that nothing was published for leads nowhere.

    The addresses of the process engine's tasks are made up: on a network that has hosts
    there, a target that is gone must not become a request to one of them.
    """
    global _only_loopback
    _only_loopback = True


def publish(ip: str, port: int, host: str, real_port: int) -> None:
    """Say that ``ip:port`` is reached at ``host:real_port``."""
    _real[ip, port] = (host, real_port)


def withdraw(ip: str, port: int) -> None:
    """Forget ``ip:port``."""
    _real.pop((ip, port), None)


def resolve(ip: str, port: int) -> tuple[str, int]:
    """What to connect to for ``ip:port``; itself unless something else was published."""
    if (found := _real.get((ip, port))) is not None:
        return found
    if _only_loopback and not ip.startswith("127.") and ip != "localhost":
        return UNREACHABLE
    return ip, port
