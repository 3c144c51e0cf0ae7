"""The cloud's janitor: outlives it by a moment and leaves nothing behind.

The launcher starts it with a pipe as standard input and never writes to that pipe.
End of file therefore means that the cloud is gone, however it ended (SIGKILL included):
the janitor kills what is left of the session (tasks, Lambda workers) and removes the
sandbox's containers.
"""

import os
import subprocess
import sys

from .sessions import BOOT_VARIABLE, kill_session


def hire(hostname: str, engine: str) -> "subprocess.Popen[bytes]":
    """Start the janitor of this process; keep the returned object alive."""
    return subprocess.Popen(
        [sys.executable, "-m", __name__, str(os.getpid()), hostname, engine],
        stdin=subprocess.PIPE,
    )


def main() -> None:
    """Wait for the end of the cloud, then clean up."""
    session, hostname, engine = int(sys.argv[1]), sys.argv[2], sys.argv[3]
    while sys.stdin.buffer.read(1):
        pass
    kill_session(session, os.environ[BOOT_VARIABLE])
    if engine == "docker":
        from .engines import remove_containers

        remove_containers(hostname)


if __name__ == "__main__":
    main()
