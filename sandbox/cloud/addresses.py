"""Where a task's address really is.

A task of the process engine has an address of its subnet, as on AWS, that no network
carries; its ports are ports of 127.0.0.1. Docker Desktop hides container addresses the
same way. Load balancers and discovery ask here before they connect.
"""

_real: dict[tuple[str, int], tuple[str, int]] = {}


def publish(ip: str, port: int, host: str, real_port: int) -> None:
    """Say that ``ip:port`` is reached at ``host:real_port``."""
    _real[ip, port] = (host, real_port)


def withdraw(ip: str, port: int) -> None:
    """Forget ``ip:port``."""
    _real.pop((ip, port), None)


def resolve(ip: str, port: int) -> tuple[str, int]:
    """What to connect to for ``ip:port``; itself unless something else was published."""
    return _real.get((ip, port), (ip, port))
