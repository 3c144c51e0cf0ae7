"""The document of a state machine: read, checked to be JSON, and written with its placeholders
filled in.

Everything is checked while values are still unknown; they come in at the very end. What the
document means is the linter's business (``components.asl``).
"""

import json
import math
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pulumi

from ..errors import invalid
from .args import StateMachineArgs

PLACEHOLDER = re.compile(r"\$\{([A-Za-z][A-Za-z0-9_]*)\}")
LONGEST = 1_048_576
"""Characters of a definition (API reference, CreateStateMachine)."""


def load(who: str, args: StateMachineArgs) -> dict[str, Any]:
    """The document as it was given, with whole numbers as integers.

    Raises:
        ValueError: there are two documents or none, or it is not JSON.
    """
    given, file = args.get("definition"), args.get("definition_file")
    if given is not None and file is not None:
        raise ValueError(
            f"{who}: definition and definition_file exclude each other. Next step: keep one."
        )
    if given is None and file is None:
        raise ValueError(
            f"{who}: the workflow is missing. Next step: set definition to a mapping, or "
            "definition_file to a JSON file, in Amazon States Language."
        )
    field, found = ("definition", given) if file is None else ("definition_file", _read(who, file))
    if not isinstance(found, Mapping):
        kind = type(found).__name__
        raise invalid(who, field, kind, "a mapping with 'StartAt' and 'States'")
    document: dict[str, Any] = _plain(who, field, found)
    if (size := len(json.dumps(document))) > LONGEST:
        raise invalid(
            who,
            field,
            f"{size} characters",
            f"at most {LONGEST}",
            "Move a part into a state machine of its own and start it from here.",
        )
    return document


def used(document: object) -> set[str]:
    """Names of the placeholders in a document."""
    return {name for text in _strings(document) for name in PLACEHOLDER.findall(text)}


def render(
    document: Mapping[str, Any], values: Mapping[str, pulumi.Input[str]]
) -> pulumi.Output[str]:
    """The document as JSON, the same text for equal documents.

    Args:
        document: with placeholders.
        values: what they stand for; those that the document does not use are left alone. An
            unknown one makes the text unknown.
    """
    wanted = used(document)
    later: pulumi.Output[Any] = pulumi.Output.from_input(
        {key: value for key, value in values.items() if key in wanted}
    )
    return later.apply(lambda known: json.dumps(_filled(document, known), sort_keys=True))


def _filled(node: Any, known: Mapping[str, str]) -> Any:
    if isinstance(node, str):
        # One pass: what stands in a value is not looked at again.
        return PLACEHOLDER.sub(lambda found: str(known.get(found[1], found[0])), node)
    if isinstance(node, Mapping):
        return {key: _filled(value, known) for key, value in node.items()}
    if isinstance(node, list):
        return [_filled(item, known) for item in node]
    return node


def _strings(node: object) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    elif isinstance(node, Mapping):
        for value in node.values():
            yield from _strings(value)
    elif isinstance(node, list | tuple):
        for item in node:
            yield from _strings(item)


def _read(who: str, file: str) -> object:
    path = Path(file)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise invalid(
            who,
            "definition_file",
            file,
            "a file that can be read",
            f"{error.strerror or error}: {path.resolve()}. Paths are relative to the program's "
            "directory.",
        ) from None
    except UnicodeDecodeError as error:
        raise invalid(
            who, "definition_file", file, "JSON in UTF-8", f"Byte {error.start} is no UTF-8."
        ) from None

    def unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
        found: dict[str, object] = {}
        for key, value in pairs:
            if key in found:
                raise invalid(
                    who,
                    "definition_file",
                    file,
                    "JSON in which each name stands once in its object",
                    f"{key!r} stands there twice, and only the last would count.",
                )
            found[key] = value
        return found

    try:
        return json.loads(text, object_pairs_hook=unique)
    except json.JSONDecodeError as error:
        line = text.splitlines()[error.lineno - 1] if text.strip() else ""
        raise ValueError(
            f"{who}: definition_file={file!r} is not JSON: {error.msg} at line {error.lineno}, "
            f"column {error.colno}: {line.strip()[:80]!r}."
        ) from None


def _plain(who: str, path: str, node: Any) -> Any:
    """A copy that JSON can hold. From other languages whole numbers come as floats."""
    if isinstance(node, pulumi.Output):
        raise ValueError(
            f"{who}: {path} is an output, and the workflow could not be checked before it is "
            "known. Next step: write a placeholder such as '${Name}' and give the output in "
            "substitutions or functions."
        )
    if node is None or isinstance(node, str | bool | int):
        return node
    if isinstance(node, float):
        if not math.isfinite(node):
            raise invalid(who, path, node, "numbers that JSON has")
        return int(node) if node.is_integer() else node
    if isinstance(node, Mapping):
        for key in node:
            if not isinstance(key, str):
                raise invalid(who, path, key, "text as names of fields")
        return {key: _plain(who, f"{path}.{key}", value) for key, value in node.items()}
    if isinstance(node, list | tuple):
        return [_plain(who, f"{path}[{number}]", item) for number, item in enumerate(node)]
    allowed = "what JSON has: mappings, lists, text, numbers, True, False, None"
    raise invalid(who, path, node, allowed)
