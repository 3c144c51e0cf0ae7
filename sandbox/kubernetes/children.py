"""The programs of one control plane: children of this process, each with a log of its own."""

import contextlib
import http.client
import os
import socket
import ssl
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from ..cloud.errors import CloudError

LOG_LINES = 12
"""How much of a log an error quotes."""
LOOK_SECONDS = 0.05
"""Between two looks at whether a program is ready."""


class Child:
    """One program: started at once, watched until it is ready, killed in the end."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        log: Path,
        folder: Path,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.name = name
        self.log = log
        with log.open("wb") as output:
            # Stays in the session and carries the boot id of the cloud, whose stop finds it.
            self._process = subprocess.Popen(
                command,
                cwd=folder,
                env={**os.environ, **(environment or {})},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def ended(self) -> str | None:
        """What to say of it once it has ended; None while it runs."""
        code = self._process.poll()
        if code is None:
            return None
        return f"{self.name} ended (code {code}). The last lines of {self.log}:\n{tail(self.log)}"

    def wait_ready(self, url: str, *, seconds: float, others: Sequence["Child"] = ()) -> None:
        """Wait until ``url`` answers 200; CloudError if it or one of ``others`` ends before."""
        deadline = time.monotonic() + seconds
        while not healthy(url):
            for child in (self, *others):
                if (end := child.ended()) is not None:
                    raise CloudError(f"The control plane did not start: {end}")
            if time.monotonic() > deadline:
                raise CloudError(
                    f"The control plane did not start: {self.name} was not ready within "
                    f"{seconds:g} s. The last lines of {self.log}:\n{tail(self.log)}"
                )
            time.sleep(LOOK_SECONDS)

    def kill(self) -> None:
        """End it at once: nothing of it is wanted any more."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()

    def reap(self) -> None:
        """Wait until it is gone, after ``kill``."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=30)


def healthy(url: str) -> bool:
    """Whether a health endpoint on loopback answers 200, whoever signed its certificate."""
    scheme, _, rest = url.partition("://")
    host, _, path = rest.partition("/")
    if scheme == "https":
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        connection: http.client.HTTPConnection = http.client.HTTPSConnection(
            host, timeout=10, context=context
        )
    else:
        connection = http.client.HTTPConnection(host, timeout=10)
    try:
        connection.request("GET", f"/{path}")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on just now."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for probe in sockets:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in sockets]
    finally:
        for probe in sockets:
            probe.close()


def tail(log: Path, lines: int = LOG_LINES) -> str:
    """The end of a log."""
    try:
        return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
    except OSError:
        return "(no log)"
