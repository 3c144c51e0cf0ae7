"""JSON Schemas as API Gateway understands them: draft 4, with references into the document."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ....errors import invalid, nearest

REFERENCE = "#/components/schemas/"
_NAMES = ("properties", "patternProperties", "definitions", "dependencies")
"""Words below which stand names, not words."""
_LATER = {
    "const": "Use 'enum' with one value.",
    "nullable": "Use a list of types, such as ['string', 'null'].",
    **dict.fromkeys(("if", "then", "else"), "Use 'anyOf', or check it in the handler."),
    **dict.fromkeys(("$defs", "$id"), "Use models."),
    **dict.fromkeys(("contains", "propertyNames"), "Check it in the handler."),
}
"""What draft 4 does not have, and what to do instead."""


def whole(schema: object) -> Any:
    """The schema with whole numbers as integers: from other languages they come as floats, and
    ``minLength`` takes none."""
    if isinstance(schema, float) and schema.is_integer():
        return int(schema)
    if isinstance(schema, Mapping):
        return {key: whole(value) for key, value in schema.items()}
    if isinstance(schema, list | tuple):
        return [whole(item) for item in schema]
    return schema


def check_models(who: str, field: str, models: Mapping[str, Mapping[str, Any]]) -> None:
    """Check the schemas that others refer to.

    Raises:
        ValueError: a name or a schema is not valid.
    """
    for name, schema in models.items():
        if not re.fullmatch(r"[A-Za-z0-9]+", name):
            raise invalid(who, field, name, "names of letters and digits", "AWS takes no other.")
        check_schema(who, f"{field}.{name}", schema, models)


def check_schema(
    who: str, field: str, schema: object, models: Mapping[str, Mapping[str, Any]]
) -> None:
    """Check a schema.

    Raises:
        ValueError: it has words that draft 4 does not know, or a reference that leads nowhere.
    """
    if not isinstance(schema, Mapping) or not schema:
        raise invalid(who, field, schema, "a JSON Schema such as {'type': 'object'}")
    for path, word, value in _words(schema, field):
        if word in _LATER:
            raise invalid(who, path, word, "words of JSON Schema draft 4", _LATER[word])
        if word == "$ref" and str(value).removeprefix(REFERENCE) not in models:
            allowed = ", ".join(repr(REFERENCE + name) for name in models) or "none without models"
            close = nearest(str(value), [REFERENCE + name for name in models])
            hint = f"Did you mean {close!r}?" if close else "Add it to models."
            raise invalid(who, f"{path}.$ref", value, allowed, hint)


def _words(schema: object, path: str) -> Iterator[tuple[str, str, object]]:
    """Each word of a schema at any depth: where it stands, itself, its value."""
    if isinstance(schema, list | tuple):
        for index, item in enumerate(schema):
            yield from _words(item, f"{path}[{index}]")
    if not isinstance(schema, Mapping):
        return
    for word, value in schema.items():
        yield path, word, value
        if word in _NAMES and isinstance(value, Mapping):
            for name, item in value.items():
                yield from _words(item, f"{path}.{word}.{name}")
        elif word not in ("enum", "default", "example"):
            yield from _words(value, f"{path}.{word}")
