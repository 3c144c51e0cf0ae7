"""Manifests held against the published schema of a Kubernetes version, before they are sent."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from .base import UnsupportedInput


def check(label: str, manifest: Mapping[str, Any], version: str, *, secret: bool) -> None:
    """Refuse what Kubernetes ``version`` (``v1.34.4``) does not have, by path and kind.

    ``secret`` keeps values out of the message. A version or kind without a published schema
    is left to the API server alone, which refuses unknown fields as well.
    """
    release = re.match(r"v?(1\.\d+)\b", version)
    if release is None:
        return
    # With jsonschema, too slow for every command of the sandbox.
    from kubernetes_validate import utils

    try:
        utils.validate(dict(manifest), release[1], strict=True)
    except (utils.SchemaNotFoundError, utils.VersionNotSupportedError):
        return
    except utils.ValidationError as error:
        path = "".join(_steps(error.absolute_path)).lstrip(".") or "the manifest"
        what = f"the value does not fit ({error.validator})" if secret else error.message
        raise UnsupportedInput(
            f"{label}: Kubernetes {error.version} does not take {path}: {what}"
        ) from None


def _steps(path: Any) -> Iterator[str]:
    for step in path:
        yield f"[{step}]" if isinstance(step, int) else f".{step}"
