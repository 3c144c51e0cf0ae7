"""Parameters of Systems Manager."""

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from .base import Context, Outputs, Provider, Tagged
from .common import ignoring, one_of, pairs, physical_name, present, tag_changes

_LIMITS = {"Standard": 4096, "Advanced": 8192, "Intelligent-Tiering": 8192}


class ParameterInputs(Tagged):
    """Inputs of a parameter; the value may be secret."""

    type: str
    value: str
    name: str | None = None
    description: str = ""
    allowed_pattern: str | None = None
    key_id: str | None = None
    tier: str = "Standard"


class Parameter(Provider[ParameterInputs]):
    """A parameter; a new value is a new version."""

    token = "aws:ssm/parameter:Parameter"
    inputs = ParameterInputs
    replaces = frozenset({"name", "keyId"})
    outputs = frozenset({"arn", "name", "version", "tagsAll"})
    inert: ClassVar[Mapping[str, str]] = {
        "keyId": "stored; a SecureString is only encoded",
        "tier": "stored; the size it allows is checked",
    }

    def check(self, name: str, properties: Mapping[str, Any]) -> ParameterInputs:
        inputs = super().check(name, properties)
        one_of("type", inputs.type, ("String", "StringList", "SecureString"))
        one_of("tier", inputs.tier, tuple(_LIMITS))
        size = len(inputs.value.encode())
        if not 1 <= size <= _LIMITS[inputs.tier]:
            raise ValueError(
                f"value has {size} bytes; tier {inputs.tier} takes 1 to {_LIMITS[inputs.tier]}."
            )
        if inputs.key_id is not None and inputs.type != "SecureString":
            raise ValueError(f"keyId needs type SecureString, given {inputs.type}.")
        if "/" in (inputs.name or "").lstrip("/") and not (inputs.name or "").startswith("/"):
            raise ValueError(f"name={inputs.name!r}: a name with slashes must begin with one.")
        if re.match(r"^/?(aws|ssm)", inputs.name or "", re.IGNORECASE):
            raise ValueError(f"name={inputs.name!r} cannot begin with aws or ssm.")
        if inputs.allowed_pattern and not re.search(inputs.allowed_pattern, inputs.value):
            raise ValueError(f"value does not match allowedPattern={inputs.allowed_pattern!r}.")
        return inputs

    def create(self, name: str, inputs: ParameterInputs) -> tuple[str, Outputs]:
        ssm, tags = self.context.client("ssm"), self.tags(inputs)
        parameter = physical_name(name, inputs.name, limit=1011)
        version = self._put(parameter, inputs, Tags=pairs(tags))
        arn = ssm.get_parameter(Name=parameter)["Parameter"]["ARN"]
        return parameter, {"arn": arn, "name": parameter, "version": version, "tagsAll": tags}

    def update(
        self, id: str, old: ParameterInputs, new: ParameterInputs, outputs: Outputs
    ) -> Outputs:
        ssm, tags, version = self.context.client("ssm"), self.tags(new), outputs["version"]
        if self.changed(old, new) - {"tags"}:
            version = self._put(id, new, Overwrite=True)
        put, drop = tag_changes(outputs, tags)
        if drop:
            ssm.remove_tags_from_resource(ResourceType="Parameter", ResourceId=id, TagKeys=drop)
        if put:
            ssm.add_tags_to_resource(ResourceType="Parameter", ResourceId=id, Tags=pairs(put))
        return outputs | {"version": version, "tagsAll": tags}

    def delete(self, id: str, outputs: Outputs) -> None:
        with ignoring("ParameterNotFound"):
            self.context.client("ssm").delete_parameter(Name=id)

    def _put(self, name: str, inputs: ParameterInputs, **more: Any) -> int:
        made = self.context.client("ssm").put_parameter(
            Name=name,
            Type=inputs.type,
            Value=inputs.value,
            Description=inputs.description,
            Tier=inputs.tier,
            **present(AllowedPattern=inputs.allowed_pattern, KeyId=inputs.key_id),
            **more,
        )
        return int(made["Version"])


def _get_parameter(context: Context, args: Mapping[str, Any]) -> dict[str, Any]:
    """``aws.ssm.get_parameter`` by name or ARN."""
    decrypted = args.get("withDecryption") is not False
    found = context.client("ssm").get_parameter(Name=args["name"], WithDecryption=decrypted)
    parameter = found["Parameter"]
    secret = parameter["Type"] == "SecureString"
    return {
        "id": parameter["Name"],
        "arn": parameter["ARN"],
        "name": args["name"],
        "type": parameter["Type"],
        "value": parameter["Value"],
        "insecureValue": "" if secret else parameter["Value"],
        "version": parameter["Version"],
        "withDecryption": decrypted,
        "region": context.region,
    }


INVOKES = {"aws:ssm/getParameter:getParameter": _get_parameter}
