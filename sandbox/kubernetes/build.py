"""Builds the control plane's programs from pinned Go modules, once for each set of pins.

``modules/*/go.mod`` and ``go.sum`` say exactly what is built; the result is kept under the
user's cache directory by their hash, so that every checkout with the same pins shares it
and a changed pin builds anew. 450 MB; ``rm -r`` of that folder is all it takes to be rid of it.
"""

import contextlib
import fcntl
import hashlib
import os
import platform
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path

from ..cloud.errors import CloudError
from .children import LOG_LINES

MODULES = Path(__file__).parent / "modules"
_CONTROL_PLANE, _NODES = "control-plane", "nodes"


@dataclass(frozen=True)
class Part:
    """One program."""

    name: str
    """Its file name."""
    modules: str
    """Folder under ``modules``."""
    module: str
    """The module whose version is the program's."""
    package: str
    """What is built, inside the module."""


PARTS = (
    Part("etcd", _CONTROL_PLANE, "go.etcd.io/etcd/server/v3", ""),
    *(
        Part(name, _CONTROL_PLANE, "k8s.io/kubernetes", f"/cmd/{name}")
        for name in ("kube-apiserver", "kube-controller-manager", "kube-scheduler")
    ),
    Part("kwok", _NODES, "sigs.k8s.io/kwok", "/cmd/kwok"),
    Part("metrics-server", _NODES, "sigs.k8s.io/metrics-server", "/cmd/metrics-server"),
)


def binaries() -> Path | None:
    """The folder of a complete build for exactly these module files, or None."""
    folder = _folder()
    return folder if all((folder / part.name).is_file() for part in PARTS) else None


def kubernetes_version() -> str:
    """``1.34.4``: what the control plane is built from."""
    return _version(_part("kube-apiserver"))


def wanted_go() -> str:
    """The oldest Go that can build all of it."""
    found = [
        match[1]
        for file in sorted(MODULES.glob("*/go.mod"))
        if (match := re.search(r"^go (\S+)$", file.read_text(), re.MULTILINE))
    ]
    return max(found, key=_number)


def build(say: Callable[[str], None]) -> Path:
    """Build what is not built yet, and return its folder.

    Raises CloudError without a usable Go, or with the compiler's last lines.
    """
    if (built := binaries()) is not None:
        return built
    _check_go()
    target = _folder()
    target.parent.mkdir(parents=True, exist_ok=True)
    with _only_one(target.with_suffix(".lock"), say):
        if (built := binaries()) is not None:
            return built
        say(
            f"Building Kubernetes {kubernetes_version()} from Go modules: "
            "about 10 minutes on two cores, once."
        )
        work = target.with_suffix(".part")
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir()
        try:
            for number, part in enumerate(PARTS, 1):
                began = time.monotonic()
                _compile(part, work)
                seconds = time.monotonic() - began
                say(f"{number}/{len(PARTS)} {part.name} {_version(part)}: {seconds:.0f} s")
            shutil.rmtree(target, ignore_errors=True)
            work.rename(target)
        finally:
            shutil.rmtree(work, ignore_errors=True)
    return target


def _compile(part: Part, folder: Path) -> None:
    command = ["go", "build", "-mod=readonly", "-trimpath", "-ldflags", _link(part)]
    command += ["-o", str(folder / part.name), part.module + part.package]
    try:
        done = subprocess.run(
            command,
            cwd=MODULES / part.modules,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
    except OSError as error:
        raise _no_go(str(error)) from None
    if done.returncode:
        said = [line for line in done.stdout.splitlines() if not line.startswith("go: downloading")]
        raise CloudError(
            f"{part.name} could not be built (go build ended with code {done.returncode}). "
            "Its last lines:\n" + "\n".join(said[-LOG_LINES:])
        )


def _link(part: Part) -> str:
    """Linker flags: no symbols (half the size), and the version that the program reports."""
    flags = ["-s", "-w"]
    if part.module == "k8s.io/kubernetes":
        # Without them the API server calls itself v0.0.0-master and clients are lost.
        version = _version(part)
        major, minor, _ = version.split(".")
        for name, value in (("Version", f"v{version}"), ("Major", major), ("Minor", minor)):
            flags.append(f"-X k8s.io/component-base/version.git{name}={value}")
    return " ".join(flags)


def _environment() -> dict[str, str]:
    """The user's, GOFLAGS and all; without cgo no C compiler is needed."""
    return {"CGO_ENABLED": "0", **os.environ, "GOWORK": "off"}


def _check_go() -> None:
    try:
        said = subprocess.run(
            ["go", "env", "GOVERSION", "GOTOOLCHAIN"],
            cwd=MODULES,
            env=_environment(),
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split()
    except (OSError, subprocess.CalledProcessError) as error:
        raise _no_go(str(getattr(error, "stderr", "") or error)) from None
    version, toolchain = said[0].removeprefix("go"), said[-1]
    # Any other setting lets Go fetch the toolchain that the module asks for.
    if toolchain == "local" and _number(version) < _number(wanted_go()):
        raise _no_go(f"this is Go {version}, and GOTOOLCHAIN=local keeps it from fetching another")


def _no_go(why: str) -> CloudError:
    return CloudError(
        f"The Kubernetes control plane is built by Go {wanted_go()} or newer: {why.strip()}. "
        "Install Go (https://go.dev/dl), or let SANDBOX_KUBECONFIG name the kubeconfig of a "
        "cluster you have (kind, minikube); without either, Kubernetes is only a mock."
    )


@contextlib.contextmanager
def _only_one(path: Path, say: Callable[[str], None]) -> Generator[None]:
    """Two builds at once would take twice as long and end with the same."""
    with path.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Another build is under way; waiting for it.")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _folder() -> Path:
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "slipway" / "kubernetes" / _digest()


def _digest() -> str:
    digest = hashlib.sha256(f"{platform.system()} {platform.machine()}".encode())
    for part in PARTS:
        digest.update(f"{part.name} {part.package} {_link(part)}\0".encode())
    for file in sorted(MODULES.glob("*/go.*")):
        digest.update(f"{file.parent.name}/{file.name}\0".encode() + file.read_bytes())
    return digest.hexdigest()[:16]


def _version(part: Part) -> str:
    text = (MODULES / part.modules / "go.mod").read_text()
    match = re.search(rf"^\s*{re.escape(part.module)} v(\S+)", text, re.MULTILINE)
    assert match, f"{part.module} is not in {part.modules}/go.mod"
    return match[1]


def _part(name: str) -> Part:
    return next(part for part in PARTS if part.name == name)


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(digits) for digits in re.findall(r"\d+", version)[:3])
