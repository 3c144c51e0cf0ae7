"""One container of the process engine: start, look, listen, stop."""

import contextlib
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from . import addresses
from .unpacked import Image

LOG_POLL_SECONDS = 0.05
_PYTHON_BIN = Path(sys.executable).parent


class CannotStartContainerError(Exception):
    """The image's command cannot run here; worded as the engine words it."""


class ProcessContainer:
    """The look-alike of docker-py's Container."""

    def __init__(
        self,
        process: "subprocess.Popen[bytes]",
        *,
        id: str,
        name: str,
        labels: dict[str, str],
        log: Path,
        scratch: Path,
        cwd: Path,
        environment: dict[str, str],
        private_ip: str,
        ports: dict[int, int],
        translate: Callable[[str], str],
        forget: Callable[[str], None],
    ) -> None:
        self.id, self.name, self.labels = id, name, labels
        self._process, self._log, self._scratch = process, log, scratch
        self._cwd, self._environment, self._translate = cwd, environment, translate
        self._ip, self._ports, self._forget = private_ip, ports, forget
        self._lock = threading.Lock()

    @property
    def status(self) -> str:
        """``running`` or ``exited``."""
        return "running" if self._exit_code() is None else "exited"

    @property
    def attrs(self) -> dict[str, Any]:
        """The parts of an inspection that are read."""
        code = self._exit_code()
        return {
            "Id": self.id,
            "Labels": self.labels,
            "NetworkSettings": {"Networks": {"sandbox": {"IPAddress": self._ip}}},
            "State": {"Status": self.status, "ExitCode": code or 0, "Pid": self._process.pid},
        }

    def reload(self) -> None:
        """Nothing to fetch: every attribute is live."""

    def wait(self, timeout: float | None = None) -> dict[str, int]:
        """Wait for the end; the exit code is 128 + signal for one that was killed."""
        self._process.wait(timeout)
        return {"StatusCode": self._exit_code() or 0}

    def stop(self, timeout: float = 10) -> None:
        """SIGTERM to the first process, then SIGKILL to all after ``timeout`` seconds."""
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
        self._exit_code()

    def kill(self, signal: int = signal.SIGKILL) -> None:
        """Signal the whole group at once."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal)
        self._process.wait(5)

    def remove(self, *, force: bool = False, **_: object) -> None:
        """Forget the container and its scratch files; its log stays readable."""
        if self.status == "running":
            if not force:
                raise RuntimeError(f"container {self.name} is running")
            self.kill()
        self._exit_code()
        for port in self._ports:
            addresses.withdraw(self._ip, port)
        shutil.rmtree(self._scratch, ignore_errors=True)
        self._forget(self.id)

    def logs(
        self, *, stream: bool = False, follow: bool = False, tail: int | str = "all", **_: object
    ) -> bytes | Iterator[bytes]:
        """What it wrote: all of it, or as it comes while ``follow``."""
        if stream or follow:
            return self._lines(follow=follow)
        content = self._log.read_bytes()
        if isinstance(tail, int):
            return b"".join(content.splitlines(keepends=True)[-tail:])
        return content

    def exec_run(self, cmd: Sequence[str], timeout: float = 60, **_: object) -> tuple[int, bytes]:
        """Run a command beside it, in its directory and environment."""
        try:
            argv = _resolved([self._translate(word) for word in cmd], self._environment["PATH"])
            ended = subprocess.run(
                argv,
                cwd=self._cwd,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=timeout,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            return 124, error.stdout or b""
        except CannotStartContainerError as error:
            return 127, str(error).encode()
        return ended.returncode, ended.stdout

    def _lines(self, *, follow: bool) -> Iterator[bytes]:
        rest = b""
        with self._log.open("rb") as file:
            while True:
                over = not follow or self.status == "exited"
                chunk = file.read(65536)
                if chunk:
                    rest += chunk
                    whole, newline, rest = rest.rpartition(b"\n")
                    if newline:
                        yield whole + newline
                elif over:
                    break
                else:
                    time.sleep(LOG_POLL_SECONDS)
        if rest:
            yield rest

    def _exit_code(self) -> int | None:
        with self._lock:
            first = self._process.returncode is None
            code = self._process.poll()
        if code is None:
            return None
        if first:  # a container ends with its first process: nothing of it may go on
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
        return code if code >= 0 else 128 - code


def start(
    image: Image,
    *,
    id: str,
    name: str,
    scratch: Path,
    log: Path,
    command: str | Sequence[str] | None,
    entrypoint: str | Sequence[str] | None,
    environment: Mapping[str, str],
    labels: dict[str, str],
    working_dir: str | None,
    ports: list[int],
    private_ip: str,
    forget: Callable[[str], None],
    hostname: str | None = None,
) -> ProcessContainer:
    """Start ``image``; raises CannotStartContainerError if there is nothing to run."""
    real = {port: _free_port() for port in ports}
    translate = _translator(image.root, real)
    for folder in (scratch, log.parent):
        folder.mkdir(parents=True, exist_ok=True)
    inner = _image_environment(image, translate)
    inner.update({key: translate(value) for key, value in environment.items()})
    # A container's host name is its short id unless another is given, and HOSTNAME says so.
    inner.update(HOME=str(scratch), HOSTNAME=hostname or id[:12], TMPDIR=str(scratch), PATH=_path())
    if real:
        inner.update(HOST="127.0.0.1", PORT=str(real[ports[0]]))
    argv = _resolved([translate(word) for word in _argv(image, entrypoint, command)], inner["PATH"])
    place = working_dir or str(image.config.get("WorkingDir") or "/")
    cwd = image.root / place.lstrip("/")
    with log.open("ab") as output:
        process = subprocess.Popen(
            argv,
            cwd=cwd if cwd.is_dir() else scratch,
            env=inner,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            process_group=0,
        )
    for port, real_port in real.items():
        addresses.publish(private_ip, port, "127.0.0.1", real_port)
    return ProcessContainer(
        process,
        id=id,
        name=name,
        labels=labels,
        log=log,
        scratch=scratch,
        cwd=cwd if cwd.is_dir() else scratch,
        environment=inner,
        private_ip=private_ip,
        ports=real,
        translate=translate,
        forget=forget,
    )


def _argv(
    image: Image,
    entrypoint: str | Sequence[str] | None,
    command: str | Sequence[str] | None,
) -> list[str]:
    """The command as Docker combines image and arguments."""
    if entrypoint is None:
        head, tail = image.config.get("Entrypoint") or [], image.config.get("Cmd") or []
    else:
        head, tail = entrypoint, []
    if command:
        tail = command
    return [*_words(head), *_words(tail)]


def _words(value: str | Sequence[str]) -> list[str]:
    return shlex.split(value) if isinstance(value, str) else [str(word) for word in value]


def _resolved(argv: list[str], path: str) -> list[str]:
    """``argv`` with a program that exists on this machine in front."""
    if not argv:
        raise CannotStartContainerError("CannotStartContainerError: no command specified")
    program = Path(argv[0])
    if program.is_absolute() and not program.exists():
        program = Path(program.name)  # /opt/venv/bin/x of the image is x of this machine
    found = shutil.which(str(program), path=path)
    if found is None:
        raise CannotStartContainerError(
            f'CannotStartContainerError: exec: "{argv[0]}": executable file not found in $PATH. '
            "The process engine runs an image's command with this machine's programs only."
        )
    return [found, *argv[1:]]


def _path() -> str:
    return os.pathsep.join([str(_PYTHON_BIN), os.environ.get("PATH", os.defpath)])


def _image_environment(image: Image, translate: Callable[[str], str]) -> dict[str, str]:
    listed = dict(item.split("=", 1) for item in image.config.get("Env") or [])
    return {"LANG": "C.UTF-8", **{key: translate(value) for key, value in listed.items()}}


def _translator(root: Path, ports: Mapping[int, int]) -> Callable[[str], str]:
    """Rewrite what only holds inside a container: its own paths and its own ports."""
    patterns = [
        (
            re.compile(rf"(?:0\.0\.0\.0|127\.0\.0\.1|localhost|\[::\]|(?<![\w.\]])):{port}(?!\d)"),
            real,
        )
        for port, real in ports.items()
    ]

    def translate(text: str) -> str:
        for pattern, real in patterns:
            text = pattern.sub(f"127.0.0.1:{real}", text)
        option, equals, value = text.rpartition("=")
        parts = [_inside(root, part) for part in value.split(os.pathsep)]
        return option + equals + os.pathsep.join(parts)

    return translate


def _inside(root: Path, path: str) -> str:
    if len(path) > 1 and path.startswith("/") and (root / path[1:]).exists():
        return str(root / path[1:])
    return path


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
