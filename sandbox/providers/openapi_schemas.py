"""The schemas of a document, which become an API's models (JSON Schema draft 4)."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from .openapi_node import Refused

REFERENCE = "#/components/schemas/"
_NAME = re.compile(r"^[A-Za-z0-9]+$")
_UNKNOWN = ("nullable", "discriminator", "xml", "const", "if", "then", "else")
"""Words of a schema that API Gateway's draft 4 does not know."""


def check_schema(value: object, path: str) -> None:
    """Refuse words that API Gateway would not understand, at any depth."""
    if isinstance(value, dict):
        for key, item in value.items():
            if key in _UNKNOWN:
                raise Refused(f"{path}.{key}", "API Gateway's models are JSON Schema draft 4.")
            check_schema(item, f"{path}.{key}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            check_schema(item, f"{path}[{index}]")


def check_models(path: str, models: Mapping[str, Mapping[str, Any]]) -> None:
    """Refuse names that AWS does not take and references that lead nowhere."""
    for name, schema in models.items():
        if not _NAME.match(name):
            raise Refused(f"{path}.{name}", "a model's name has letters and digits only.")
        for reference in _references(schema):
            target = reference.removeprefix(REFERENCE)
            if target == reference or target not in models:
                raise Refused(f"{path}.{name}", f"$ref {reference!r} leads nowhere.")


def _references(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from _references(item)


def addressed(schema: object, base: str) -> Any:
    """The schema with every reference as API Gateway wants it: the model's address."""
    if isinstance(schema, dict):
        return {
            key: f"{base}{value.removeprefix(REFERENCE)}"
            if key == "$ref" and isinstance(value, str)
            else addressed(value, base)
            for key, value in schema.items()
        }
    if isinstance(schema, list):
        return [addressed(item, base) for item in schema]
    return schema
