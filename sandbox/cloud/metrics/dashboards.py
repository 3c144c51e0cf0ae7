"""PutDashboard with the check that CloudWatch makes; the emulator stores whatever it is given."""

import json
import re
from collections.abc import Iterable
from typing import Any

from ministack.services import cloudwatch
from pydantic import ValidationError

from .dashboard_body import Body
from .protocol import RefusedError

LONGEST_NAME = 255
NO_OBJECT = "The field DashboardBody must be a valid JSON object"


def problems(text: str) -> list[dict[str, str]]:
    """What is wrong with a body: DashboardValidationMessages, empty if it is right."""
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        return [{"DataPath": "", "Message": NO_OBJECT}]
    try:
        Body.model_validate(found)
    except ValidationError as error:
        return [{"DataPath": _path(item["loc"]), "Message": _said(item)} for item in error.errors()]
    return []


def put(given: dict[str, Any]) -> dict[str, Any]:
    """PutDashboard."""
    name, text = str(given.get("DashboardName") or ""), str(given.get("DashboardBody") or "")
    allowed = name.replace("-", "").replace("_", "")
    if not (1 <= len(name) <= LONGEST_NAME and allowed.isascii() and allowed.isalnum()):
        raise RefusedError(
            "InvalidParameterValue",
            f"The value {name} for field DashboardName contains invalid characters. It can only "
            "contain alphanumerics, dash (-) and underscore (_).",
        )
    wrong = problems(text)
    if wrong and not wrong[0]["DataPath"]:
        raise RefusedError("InvalidParameterInput", NO_OBJECT)
    if wrong:
        told = json.dumps([{"dataPath": i["DataPath"], "message": i["Message"]} for i in wrong])
        raise RefusedError(
            "InvalidParameterInput",
            f"The dashboard body is invalid, there are {len(wrong)} validation errors: {told}",
            {"dashboardValidationMessages": wrong},
        )
    cloudwatch.cloudformation_put_dashboard(name, text)
    return {"DashboardValidationMessages": []}


def _path(where: Iterable[int | str]) -> str:
    parts = list(where)
    if len(parts) > 2 and parts[0] == "widgets":
        del parts[2]  # the type, which pydantic puts between; models and lists further on
        parts = [part for part in parts if not re.match(r"[A-Z]|list\[", str(part))]
    return "/" + "/".join(str(part) for part in parts)


def _said(item: Any) -> str:
    """In the words of CloudWatch's own validator, where they are known."""
    name = str(item["loc"][-1]) if item["loc"] else ""
    kind = item["type"]
    if kind == "missing":
        return f"Should have required property '{name}'"
    if kind == "extra_forbidden":
        return "Should NOT have additional properties"
    if kind in ("literal_error", "union_tag_invalid"):
        return "Should be equal to one of the allowed values"
    if kind.endswith("_type"):
        named = {"list": "array", "string": "string", "dict": "object", "int": "integer",
                 "bool": "boolean", "float": "number", "model": "object"}  # fmt: skip
        return f"Should be {named.get(kind.removesuffix('_type'), kind)}"
    return str(item["msg"]).removeprefix("Value error, ")
