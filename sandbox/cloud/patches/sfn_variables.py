"""Paths of the States Language mean what they mean on AWS, variables included.

The emulator reads ``$name`` in JSONata only, and takes a path that leads nowhere for null: a
typing error in a workflow would go through green. Filters, slices and ``..`` are beyond it, and
refused here.
"""

import re
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from typing import Any

from ministack.services import stepfunctions as sfn

from sandbox.cloud.settings import Settings

from . import guard

ASSIGNED_BYTES = 262_144
"""The most that one variable holds (quotas of Step Functions)."""
_VARIABLE = re.compile(r"\$([A-Za-z_]\w*)")
_here: ContextVar[Mapping[str, Any]] = ContextVar("sfn_context", default={})  # noqa: B039 - read only
"""The context object of the state that is being worked out, with its variables."""


class MissingPathError(sfn._ExecutionError):  # type: ignore[misc]  # the emulator is untyped
    """A path that leads nowhere."""


def apply(settings: Settings) -> None:  # noqa: ARG001
    """Read paths strictly, and tell failed functions apart."""
    guard.replace(sfn, "_resolve_path", "(path, data)", resolved)
    guard.wrap(sfn, "_evaluate_intrinsic", "(expression, data, ctx)", _intrinsic)


def enter(context: Mapping[str, Any]) -> None:
    """From here on, paths on this thread or task are read with this context object."""
    _here.set(context)


def resolved(path: str, data: Any) -> Any:
    """What a path selects.

    Raises:
        MissingPathError: it leads nowhere.
    """
    if path == "$":
        return data
    where, rest = data, path
    if path == "$$":
        return {key: value for key, value in _here.get().items() if key[0].isupper()}
    if variable := _VARIABLE.match(path):
        variables = _here.get().get("variables", {})
        if variable[1] not in variables:
            raise _runtime(f"The variable '${variable[1]}' has no value here.")
        where, rest = variables[variable[1]], f"${path[variable.end() :]}"
    if not rest.startswith("$") or (tokens := sfn._parse_jsonpath_tokens(rest)) is None:
        raise _runtime(
            f"'{path}' is no path that the sandbox can read: fields, indices and [*] are."
        )
    found = [where]
    for kind, key in tokens:
        found = [inner for value in found for inner in _step(value, kind, key)]
    if any(kind == "wildcard" for kind, _ in tokens):
        return found
    if not found:
        raise MissingPathError(
            "States.Runtime",
            f"The JSONPath '{path}' could not be found in the input '{_cut(data)}'",
        )
    return found[0]


def assigned(
    fields: Mapping[str, Any],
    state: Mapping[str, Any],
    data: Any,
    context: dict[str, Any],
    **jsonata: Any,
) -> dict[str, Any]:
    """Carry out ``Assign`` of a state, choice or catcher; returns what was assigned.

    Every expression sees the values from before. With JSONPath ``$`` is ``data``: the raw result
    of a task, the input of a choice, the error of a catcher.
    """
    template = fields.get("Assign")
    if not template:
        return {}
    if sfn._state_query_language(state, context) == "JSONata":
        given = jsonata.pop("input")
        new: Any = sfn._apply_jsonata_template(template, given, context, **jsonata)
    else:
        new = sfn._resolve_params_obj(template, data, context)
    for name, value in new.items():
        if len(str(value)) > ASSIGNED_BYTES:
            raise sfn._ExecutionError(
                "States.DataLimitExceeded",
                f"The value of the variable '{name}' is larger than {ASSIGNED_BYTES} bytes.",
            )
    context["variables"] = {**context["variables"], **new}
    return dict(new)


def _step(value: Any, kind: str, key: Any) -> list[Any]:
    if kind == "field":
        return [value[key]] if isinstance(value, dict) and key in value else []
    if kind == "index":
        return [value[key]] if isinstance(value, list) and key < len(value) else []
    if isinstance(value, list):
        return value
    return list(value.values()) if isinstance(value, dict) else []


def _intrinsic(original: Callable[..., Any]) -> Callable[..., Any]:
    def evaluate(expression: str, data: Any, ctx: Any) -> Any:
        try:
            return original(expression, data, ctx)
        except sfn._ExecutionError:
            raise
        except Exception as error:
            raise sfn._ExecutionError(
                "States.IntrinsicFailure", f"{expression} failed: {error}"
            ) from error

    return evaluate


def _runtime(cause: str) -> Exception:
    return sfn._ExecutionError("States.Runtime", cause)  # type: ignore[no-any-return]


def _cut(data: Any) -> str:
    text = str(sfn.json.dumps(data, default=str))
    return text if len(text) <= 1000 else f"{text[:1000]}..."
