"""``python -m components.asl FILE... [--express]``: lint state machines from the command line.

One line a problem. The exit code is 0 when there is no error (warnings are allowed), 1 when
there is one, 2 when a file cannot be read.
"""

import argparse
import gc
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from . import lint

CLEAN, WRONG, UNREADABLE = 0, 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Lint the files that are named; the exit code."""
    parser = argparse.ArgumentParser(
        prog=f"python -m {__package__}",
        description="Lint state machines in Amazon States Language (JSON), offline.",
    )
    parser.add_argument("files", nargs="+", metavar="FILE", help="a definition, .asl.json")
    parser.add_argument("--express", action="store_true", help="they are Express workflows")
    given = parser.parse_args(arguments)
    return max(_lint(file, express=given.express) for file in given.files)


class _TwiceError(ValueError):
    """A key that stands twice in one object: of two states with one name, Python keeps one."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise _TwiceError(key)
        found[key] = value
    return found


def _lint(file: str, *, express: bool) -> int:
    try:
        document = json.loads(Path(file).read_text(encoding="utf-8-sig"), object_pairs_hook=_object)
    except (OSError, ValueError, RecursionError) as failure:
        print(f"{file}{_reason(failure)}", file=sys.stderr)
        return UNREADABLE
    found = lint(document, express=express)
    for problem in found:
        print(f"{file}: {'warning' if problem.warning else 'error'}: {problem}")
    return WRONG if any(not problem.warning for problem in found) else CLEAN


def _reason(problem: Exception) -> str:
    if isinstance(problem, json.JSONDecodeError):
        return f":{problem.lineno}:{problem.colno}: no JSON: {problem.msg}"
    if isinstance(problem, OSError):
        return f": cannot be read: {problem.strerror}"
    if isinstance(problem, RecursionError):
        return ": nested too deeply to be read"
    if isinstance(problem, _TwiceError):
        return f": the key {problem.args[0]!r} stands twice in one object"
    return f": no JSON: {problem}"  # no UTF-8, or a number with thousands of digits


if __name__ == "__main__":
    gc.disable()  # a large document is a lot of objects to look through, and none to throw away
    sys.exit(main())
