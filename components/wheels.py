"""Packages for a Lambda runtime, from the wheels of the package index.

Lambda's Python, operating system and processor are not the machine's that deploys, so only
wheels will do, chosen for the runtime: nothing is compiled or run here. uv installs them where
it is found, else pip; both leave the same files. Left out: packages that have no wheel.
"""

import hashlib
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from packaging.markers import InvalidMarker, Marker

from . import cache
from .runtimes import RUNTIMES

FORMAT = 1
"""Counts up when the same requirements would give other files than before."""
INSTALLER_LINES = 12
"""How much of an installer's complaint an error repeats."""
_MACHINES: Mapping[str, str] = {"arm64": "aarch64", "x86_64": "x86_64"}
_NAMED = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(\[[^\]]*\])?")
_PINNED = re.compile(rf"{_NAMED.pattern}==[^\s;*]+$")
_NOISE = {"RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json", "uv_build.json"}
"""What an installer notes about itself, in a package's ``.dist-info``."""


def install(who: str, requirements: Path, *, runtime: str, architecture: str) -> Path:
    """A folder with everything that ``requirements`` names, made once and kept in the cache.

    Args:
        who: class and name, for messages.
        requirements: a file of pinned requirements (``requests==2.32.5``), complete: each
            package that another one needs is a line of its own. Markers are read for the
            runtime's Python.
        runtime: one of ``RUNTIMES``.
        architecture: ``arm64`` or ``x86_64``.

    Raises:
        ValueError: the file is missing, a line is not pinned, a package is not named, or the
            installer fails; the message has the lines to add or its last words.
    """
    lines = _pinned(who, requirements, runtime, architecture)
    text = "\n".join([str(FORMAT), runtime, architecture, *sorted(lines)])
    key = hashlib.sha256(text.encode()).hexdigest()[:32]
    target = cache.directory() / "wheels" / key
    if target.exists():
        return target
    target.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".building-") as folder:
        made = Path(folder) / "packages"
        pins = Path(folder) / "requirements.txt"
        pins.write_text("\n".join(lines) + "\n")
        _run(who, requirements, _command(pins, made, runtime, architecture))
        _check_complete(who, requirements, made, lines)
        _strip(made)
        try:
            made.rename(target)
        except OSError:  # somebody else was faster, with the same result
            if not target.exists():
                raise
    return target


def _pinned(who: str, requirements: Path, runtime: str, architecture: str) -> list[str]:
    """The lines that hold for the runtime, without comments and markers."""
    if not requirements.is_file():
        raise ValueError(
            f"{who}: requirements='{requirements}' does not exist. Next step: create it, with a "
            "line such as 'requests==2.32.5' for each package."
        )
    kept: list[str] = []
    for number, line in enumerate(requirements.read_text(encoding="utf-8").splitlines(), 1):
        text = re.sub(r"(^|\s)#.*", "", line).strip()
        if not text:
            continue
        pin, _, marker = (part.strip() for part in text.partition(";"))
        where = f"{who}: {requirements.name}, line {number}"
        if not _PINNED.match(pin):
            name = _NAMED.match(pin)
            raise ValueError(
                f"{where}: {pin!r} is not pinned, so the package would change without a change "
                "here. Allowed: name==version, and a marker after ';'. Next step: write "
                f"{name[0] if name else 'name'}==<version>."
            )
        try:
            if _holds(marker, RUNTIMES[runtime].python, _MACHINES[architecture]):
                kept.append(pin)
        except InvalidMarker as error:
            raise ValueError(f"{where}: the marker {marker!r} is not valid. {error}") from None
    return kept


def _holds(marker: str, python: str, machine: str) -> bool:
    # pip reads markers for the Python that runs it, so they are read here.
    if not marker:
        return True
    environment = {"python_version": python, "python_full_version": f"{python}.0"}
    system = {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix"}
    return bool(Marker(marker).evaluate({**environment, **system, "platform_machine": machine}))


def _command(pins: Path, target: Path, runtime: str, architecture: str) -> list[str]:
    python, glibc = RUNTIMES[runtime].python, RUNTIMES[runtime].glibc
    if glibc == "2.26":  # no step of uv's; both installers are to take the same wheels
        glibc = "2.17"
    machine = _MACHINES[architecture]
    common = ["--target", str(target), "--python-version", python, "--only-binary", ":all:"]
    common += ["--requirement", str(pins)]
    # The one of this environment first: its version is pinned.
    if uv := shutil.which("uv", path=str(Path(sys.executable).parent)) or shutil.which("uv"):
        platform = f"{machine}-manylinux_{glibc.replace('.', '_')}"
        return [uv, "pip", "install", "--quiet", "--python-platform", platform, *common]
    newest = int(glibc.partition(".")[2])
    oldest = 5 if architecture == "x86_64" else 17  # as far back as manylinux goes
    tags = [f"manylinux_2_{minor}_{machine}" for minor in range(newest, oldest - 1, -1)]
    platforms = [option for tag in [*tags, f"manylinux2014_{machine}"] for option in _platform(tag)]
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    return [*pip, "--no-compile", "--implementation", "cp", *platforms, *common]


def _platform(tag: str) -> tuple[str, str]:
    return ("--platform", tag)


def _run(who: str, requirements: Path, command: Sequence[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        if "No module named pip" in done.stderr:
            raise ValueError(
                f"{who}: there is neither uv nor pip to install the packages of "
                f"{requirements.name} with. Next step: `{command[0]} -m ensurepip`, or put uv on "
                "the PATH (https://docs.astral.sh/uv)."
            )
        said = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
        installer = "pip" if "-m" in command else "uv"
        raise ValueError(
            f"{who}: the packages of {requirements.name} could not be installed as wheels. "
            f"{installer} said:\n" + "\n".join(said[-INSTALLER_LINES:])
        )


def _check_complete(who: str, requirements: Path, made: Path, lines: Sequence[str]) -> None:
    """Refuse packages that came along unasked: another day another version would."""
    named = {_name(re.split(r"[\[=]", line)[0]) for line in lines}
    unnamed = sorted(
        f"{name}=={version}" for name, version in installed(made) if _name(name) not in named
    )
    if unnamed:
        raise ValueError(
            f"{who}: {requirements.name} does not name everything that its packages need, so "
            "the result would change without a change here. Next step: add these lines:\n"
            + "\n".join(unnamed)
        )


def installed(made: Path) -> Iterator[tuple[str, str]]:
    """Names and versions of the packages in a folder."""
    for info in made.glob("*.dist-info"):
        name, _, version = info.name.removesuffix(".dist-info").partition("-")
        yield name, version


def _name(name: str) -> str:
    """As the index compares names."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _strip(made: Path) -> None:
    """Take out what differs between installers and what no function needs."""
    for path in sorted(made.rglob("*"), reverse=True):
        if path.is_dir():
            # Packages ship their tests, pandas 30 MB of them.
            if path.name in ("__pycache__", "tests") or path == made / "bin":
                shutil.rmtree(path)
        elif path.suffix == ".pyc" or path.name == ".lock" or _is_noise(path):
            path.unlink()


def _is_noise(path: Path) -> bool:
    return path.parent.suffix == ".dist-info" and path.name in _NOISE
