"""Intrinsic functions (``States.Format('{}', $.x)``): known, closed, with the right arguments.

Source: Step Functions developer guide, "Intrinsic functions".
"""

import re
from collections.abc import Mapping
from functools import lru_cache

from .paths import BadPath, Path
from .paths import read as read_path
from .problems import suggestion

ARGUMENTS: Mapping[str, tuple[int, int | None]] = {
    "States.Array": (0, None),
    "States.ArrayContains": (2, 2),
    "States.ArrayGetItem": (2, 2),
    "States.ArrayLength": (1, 1),
    "States.ArrayPartition": (2, 2),
    "States.ArrayRange": (3, 3),
    "States.ArrayUnique": (1, 1),
    "States.Base64Decode": (1, 1),
    "States.Base64Encode": (1, 1),
    "States.Format": (1, None),
    "States.Hash": (2, 2),
    "States.JsonMerge": (3, 3),
    "States.JsonToString": (1, 1),
    "States.MathAdd": (2, 2),
    "States.MathRandom": (2, 3),
    "States.StringSplit": (2, 2),
    "States.StringToJson": (1, 1),
    "States.UUID": (0, 0),
}
"""Fewest and most arguments; None: any number."""
TO_TEXT = (
    "States.ArrayGetItem",
    "States.Base64Decode",
    "States.Base64Encode",
    "States.Format",
    "States.Hash",
    "States.JsonToString",
    "States.UUID",
)
"""Those that a Fail state may use in ErrorPath and CausePath."""
HASHES = ("MD5", "SHA-1", "SHA-256", "SHA-384", "SHA-512")
MAX_NESTED = 10
"""Functions within functions in one field."""

_CALL = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*(?=\()")
_STRING = re.compile(r"'((?:[^'\\]|\\.)*)'", re.DOTALL)
_NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d+)?(?=\s*[,)])")
_WORD = re.compile(r"(?:null|true|false)(?=\s*[,)])")
_BLANK = re.compile(r"\s*")


def looks_like_one(text: str) -> bool:
    """Whether ``text`` is meant as a call."""
    return text.startswith("States.") and "(" in text


@lru_cache(maxsize=4096)
def read(text: str) -> tuple[Path, ...]:
    """The paths in the call that is the whole of ``text``, those of inner calls as well.

    Raises:
        BadPath: unknown function, wrong number of arguments, unbalanced brackets or quotes.
    """
    paths: list[Path] = []
    end = _call(text, 0, paths, 1)
    if text[end:].strip():
        raise BadPath(f"{text!r} goes on after the call: {text[end:]!r}. Remove that.")
    return tuple(paths)


def _call(text: str, position: int, paths: list[Path], depth: int) -> int:
    name = _CALL.match(text, position)
    if name is None or name.group() not in ARGUMENTS:
        given = name.group() if name else text[position:]
        raise BadPath(f"{given!r} is no intrinsic function. {suggestion(given, ARGUMENTS)}")
    if depth > MAX_NESTED:
        raise BadPath(f"{text!r} nests more than {MAX_NESTED} functions. Use two states.")
    given_arguments: list[str] = []
    position = _skip(text, name.end() + 1)
    while not text.startswith(")", position):
        end = _argument(text, position, paths, depth)
        given_arguments.append(text[position:end].strip())
        position = _skip(text, end)
        if text.startswith(",", position):
            position = _skip(text, position + 1)
            if text.startswith(")", position):
                raise BadPath(f"{text!r} has a comma before ')'. Remove it.")
        elif not text.startswith(")", position):
            raise _cut_off(text, position)
    _check_arguments(name.group(), given_arguments)
    return position + 1


def _argument(text: str, position: int, paths: list[Path], depth: int) -> int:
    """Behind the argument at ``position``."""
    if text.startswith("'", position):
        string = _STRING.match(text, position)
        if string is None:
            raise BadPath(f"{text!r} is cut off: a quote ' is missing.")
        return string.end()
    if text.startswith("$", position):
        end = _path_end(text, position)
        paths.append(read_path(text[position:end].strip()))
        return end
    for literal in (_NUMBER, _WORD):
        if match := literal.match(text, position):
            return match.end()
    if _CALL.match(text, position):
        return _call(text, position, paths, depth + 1)
    raise _cut_off(text, position)


def _path_end(text: str, position: int) -> int:
    """Where the path ends: at the comma or bracket that is the call's own."""
    depth, quote, index = 0, "", position
    while index < len(text):
        char = text[index]
        if char == "\\":
            index += 1
        elif quote:
            quote = "" if char == quote else quote
        elif char in "'\"":
            quote = char
        elif char in "[(":
            depth += 1
        elif depth and char in "])":
            depth -= 1
        elif char in ",)":
            break
        index += 1
    return min(index, len(text))


def _check_arguments(name: str, given: list[str]) -> None:
    low, high = ARGUMENTS[name]
    if len(given) < low or (high is not None and len(given) > high):
        wanted = (
            f"{low} or more" if high is None else f"{low}" if low == high else f"{low} or {high}"
        )
        raise BadPath(f"{name} takes {wanted} arguments, not {len(given)}.")
    if name == "States.Format" and given[0].startswith("'"):
        slots = len(re.findall(r"\{\}", re.sub(r"\\.", "", given[0])))
        if slots != len(given) - 1:
            raise BadPath(
                f"States.Format has {slots} {{}} in {given[0]} and {len(given) - 1} values for "
                "them. Give one for each."
            )
    algorithm = given[1].strip("'") if name == "States.Hash" else ""
    if algorithm and given[1].startswith("'") and algorithm not in HASHES:
        raise BadPath(f"States.Hash knows no {given[1]}. {suggestion(algorithm, HASHES)}")
    if name == "States.JsonMerge" and given[2] == "true":
        raise BadPath("States.JsonMerge merges one level only: the third argument must be false.")


def _skip(text: str, position: int) -> int:
    blank = _BLANK.match(text, position)
    return blank.end() if blank else position


def _cut_off(text: str, position: int) -> BadPath:
    rest = text[position:]
    if not rest:
        return BadPath(f"{text!r} is cut off: ')' is missing.")
    return BadPath(
        f"{text!r} goes wrong at {rest!r}. Arguments are 'text', numbers, null, paths and "
        "functions, with commas between them."
    )
