"""Set up `.venv` from a compiled requirements file, with nothing but Python.

uv installs about twenty times faster than pip and comes as a wheel, so it is put into
the environment first; where it cannot be had, pip does the work.
"""

import shutil
import subprocess
import sys
from pathlib import Path

UV = "uv==0.13.8"
VENV = Path(".venv")
PYTHON = VENV / ("Scripts" if sys.platform == "win32" else "bin") / "python"
PIP = [str(PYTHON), "-m", "pip", "install", "--quiet"]


def main(requirements: str) -> int:
    """Install `requirements` into `.venv`, making it first where it is missing."""
    if sys.version_info < (3, 11):  # noqa: UP036 - an older Python must be told so
        print(
            f"Slipway needs Python 3.11 or newer; this is {sys.version.split()[0]}. "
            "Name another one: make PYTHON=python3.12 ...",
            file=sys.stderr,
        )
        return 2
    uv = shutil.which("uv") or shutil.which("uv", path=str(PYTHON.parent))
    if not PYTHON.exists():
        make = [uv, "venv", "--quiet", "--seed"] if uv else [sys.executable, "-m", "venv"]
        if (code := run([*make, str(VENV)])) != 0:
            print(
                "Python could not make a virtual environment. On Debian and Ubuntu, "
                "`apt install python3-venv` brings what is missing.",
                file=sys.stderr,
            )
            return code
    if uv is None and run([*PIP, UV], quiet=True) == 0:
        uv = str(PYTHON.with_name("uv"))
    print(f"Installing {requirements} into {VENV} with {'uv' if uv else 'pip'} ...", flush=True)
    if uv:
        return run([uv, "pip", "install", "--quiet", "--python", str(PYTHON), "-r", requirements])
    return run([*PIP, "-r", requirements])


def run(command: list[str], *, quiet: bool = False) -> int:
    """Run a command and return its exit code."""
    sink = subprocess.DEVNULL if quiet else None
    return subprocess.run(command, check=False, stderr=sink).returncode


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
