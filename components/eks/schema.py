"""Checks objects against the schema of the cluster's Kubernetes version, without the cluster.

The schemas come from ``kubernetes-validate``, of some twenty megabytes, so it is an extra
(``pip install slipway[kubernetes]``): without it the API server is the first to complain.
"""

import importlib
import importlib.util
from collections.abc import Mapping
from functools import cache
from typing import Any

import pulumi

from .manifests import Manifest

UNKNOWN_TEXT = "unknown"
"""Stands for each Output: all of them become text in these objects."""


def check(
    who: str,
    objects: Mapping[str, Mapping[str, Any]],
    manifests: Mapping[str, Manifest],
    version: str,
) -> None:
    """Refuse an object that the cluster's API server would refuse for its shape.

    Raises:
        ValueError: naming the file, the place in the object and what is wrong there.
    """
    if importlib.util.find_spec("kubernetes_validate") is None:
        return
    for kind, item in objects.items():
        error = _best(_validator(str(item["apiVersion"]), kind, version), known(item))
        if error is None:
            continue
        place = "".join(
            f"[{step}]" if isinstance(step, int) else f".{step}" for step in error.absolute_path
        ).lstrip(".")
        raise ValueError(
            f"{who}: manifests: {manifests[kind].path}: {place or kind}: {error.message} "
            f"(Kubernetes {version}). Next step: correct it there; 'kubectl explain "
            f"{kind.lower()}' lists the fields."
        )


def known(value: Any) -> Any:
    """``value`` with text for each Output, which nobody can look into yet."""
    if isinstance(value, pulumi.Output):
        return UNKNOWN_TEXT
    if isinstance(value, Mapping):
        return {key: known(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [known(item) for item in value]
    return value


@cache
def _validator(api_version: str, kind: str, version: str) -> Any:
    """The library's own ``validate`` reads a megabyte of definitions for each object; this reads
    them once."""
    library: Any = importlib.import_module("kubernetes_validate.utils")
    jsonschema: Any = importlib.import_module("jsonschema")
    referencing: Any = importlib.import_module("referencing")
    folder = f"kubernetes-json-schema/v{version}.0-local-strict"
    group, _, last = api_version.rpartition("/")
    group = f"{group.partition('.')[0]}-" if group else ""
    schema = library.schema_contents(f"{folder}/{kind.lower()}-{group}{last}.json", version)
    registry = referencing.Registry()
    for contents in (schema, _definitions(version)):
        registry = referencing.Resource.from_contents(contents) @ registry
    return jsonschema.validators.Draft202012Validator(schema, registry=registry)


@cache
def _definitions(version: str) -> Any:
    library: Any = importlib.import_module("kubernetes_validate.utils")
    folder = f"kubernetes-json-schema/v{version}.0-local-strict"
    return library.schema_contents(f"{folder}/_definitions.json", version)


def _best(validator: Any, item: Any) -> Any:
    jsonschema: Any = importlib.import_module("jsonschema")
    return jsonschema.exceptions.best_match(validator.iter_errors(item))
