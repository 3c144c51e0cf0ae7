"""What stands between callers and versions: aliases, warm capacity, what failures do."""

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from .base import Inputs, Outputs, Provider
from .common import ignoring, present, until, within
from .lambda_common import (
    GONE,
    check_destination,
    check_servable,
    invoke_arn,
    may_reach,
    split_function,
)

_ALIAS = re.compile(r"^(?!\d+$)[\w-]{1,128}$", re.ASCII)
_VERSION = re.compile(r"^(\$LATEST|\d+)$")
_READY_SECONDS = 120


class RoutingConfig(Inputs):
    """A second version and its share of the calls."""

    additional_version_weights: dict[str, float] = {}


class AliasInputs(Inputs):
    """Inputs of an alias."""

    function_name: str
    function_version: str
    name: str
    description: str = ""
    routing_config: RoutingConfig | None = None


class Alias(Provider[AliasInputs]):
    """A name for a version, or for two of them by weight."""

    token = "aws:lambda/alias:Alias"
    inputs = AliasInputs
    replaces = frozenset({"functionName", "name"})
    outputs = frozenset({"arn", "invokeArn"})

    def check(self, name: str, properties: Mapping[str, Any]) -> AliasInputs:
        inputs = super().check(name, properties)
        split_function("functionName", inputs.function_name)
        if not _ALIAS.match(inputs.name):
            raise ValueError(
                f"name={inputs.name!r}: up to 128 letters, digits, hyphens and _, not a number."
            )
        if not _VERSION.match(inputs.function_version):
            raise ValueError(f"functionVersion={inputs.function_version!r} is not a version.")
        check_servable("name", inputs.name)
        weights = _weights(inputs)
        if len(weights) > 1:
            raise ValueError("routingConfig.additionalVersionWeights takes one version.")
        for version, weight in weights.items():
            label = "routingConfig.additionalVersionWeights"
            if version == inputs.function_version or not version.isdigit():
                raise ValueError(f"{label}: {version!r} is not another published version.")
            within(f"{label}.{version}", weight, 0, 1)
            if inputs.function_version == "$LATEST":
                raise ValueError(f"{label} needs a published functionVersion; $LATEST is none.")
        return inputs

    def create(self, name: str, inputs: AliasInputs) -> tuple[str, Outputs]:
        function = self._check_versions(inputs)
        made = self.context.client("lambda").create_alias(
            FunctionName=function,
            Name=inputs.name,
            FunctionVersion=inputs.function_version,
            Description=inputs.description,
            RoutingConfig={"AdditionalVersionWeights": _weights(inputs)},
        )
        arn = made["AliasArn"]
        return arn, {"arn": arn, "invokeArn": invoke_arn(self.context.region, arn)}

    def update(self, id: str, old: AliasInputs, new: AliasInputs, outputs: Outputs) -> Outputs:
        function, client = self._check_versions(new), self.context.client("lambda")
        if _weights(new):
            with ignoring("ProvisionedConcurrencyConfigNotFoundException"):
                client.get_provisioned_concurrency_config(FunctionName=function, Qualifier=new.name)
                raise ValueError(
                    f"alias {new.name}: weights and provisioned concurrency exclude each other."
                )
        client.update_alias(
            FunctionName=function,
            Name=new.name,
            FunctionVersion=new.function_version,
            Description=new.description,
            RoutingConfig={"AdditionalVersionWeights": _weights(new)},
        )
        return outputs

    def delete(self, id: str, outputs: Outputs) -> None:
        function, alias = split_function("id", id)
        with ignoring(GONE):
            self.context.client("lambda").delete_alias(FunctionName=function, Name=alias)

    def _check_versions(self, inputs: AliasInputs) -> str:
        """Every version must exist; the embedded cloud takes any number."""
        function = split_function("functionName", inputs.function_name)[0]
        for version in (inputs.function_version, *_weights(inputs)):
            self.context.client("lambda").get_function_configuration(
                FunctionName=function, Qualifier=version
            )
        return function


def _weights(inputs: AliasInputs) -> dict[str, float]:
    return inputs.routing_config.additional_version_weights if inputs.routing_config else {}


class ConcurrencyInputs(Inputs):
    """Inputs of provisioned concurrency."""

    function_name: str
    qualifier: str
    provisioned_concurrent_executions: int
    skip_destroy: bool = False


class ProvisionedConcurrencyConfig(Provider[ConcurrencyInputs]):
    """How many environments of an alias or version are kept warm."""

    token = "aws:lambda/provisionedConcurrencyConfig:ProvisionedConcurrencyConfig"
    inputs = ConcurrencyInputs
    replaces = frozenset({"functionName", "qualifier"})
    inert: ClassVar[Mapping[str, str]] = {
        "provisionedConcurrentExecutions": "checked and stored; processes start with the first call"
    }

    def check(self, name: str, properties: Mapping[str, Any]) -> ConcurrencyInputs:
        inputs = super().check(name, properties)
        split_function("functionName", inputs.function_name)
        within("provisionedConcurrentExecutions", inputs.provisioned_concurrent_executions, 1, 900)
        if inputs.qualifier == "$LATEST":
            raise ValueError(
                "qualifier='$LATEST': provisioned concurrency wants a version or alias."
            )
        return inputs

    def create(self, name: str, inputs: ConcurrencyInputs) -> tuple[str, Outputs]:
        function = split_function("functionName", inputs.function_name)[0]
        self._put(function, inputs)
        return f"{function},{inputs.qualifier}", _kept(function, inputs)

    def update(
        self, id: str, old: ConcurrencyInputs, new: ConcurrencyInputs, outputs: Outputs
    ) -> Outputs:
        self._put(outputs["function"], new)
        return outputs | _kept(outputs["function"], new)

    def delete(self, id: str, outputs: Outputs) -> None:
        if outputs["skipDestroy"]:
            return
        with ignoring(GONE):
            self.context.client("lambda").delete_provisioned_concurrency_config(
                FunctionName=outputs["function"], Qualifier=outputs["qualifier"]
            )

    def _put(self, function: str, inputs: ConcurrencyInputs) -> None:
        client = self.context.client("lambda")
        where = {"FunctionName": function, "Qualifier": inputs.qualifier}
        wanted = inputs.provisioned_concurrent_executions
        if not inputs.qualifier.isdigit():
            alias = client.get_alias(FunctionName=function, Name=inputs.qualifier)
            if alias.get("RoutingConfig"):
                raise ValueError(
                    f"alias {inputs.qualifier}: weights and provisioned concurrency exclude "
                    "each other."
                )
            if alias["FunctionVersion"] == "$LATEST":
                raise ValueError(f"alias {inputs.qualifier} names $LATEST, which is no version.")
        version = client.get_function_configuration(**where)
        if version["SnapStart"]["ApplyOn"] != "None":
            raise ValueError("provisioned concurrency and SnapStart exclude each other.")
        reserved = client.get_function_concurrency(FunctionName=function).get(
            "ReservedConcurrentExecutions"
        )
        if reserved is not None and wanted > reserved:
            raise ValueError(
                f"provisionedConcurrentExecutions={wanted} is above the function's "
                f"reservedConcurrentExecutions={reserved}."
            )
        client.put_provisioned_concurrency_config(**where, ProvisionedConcurrentExecutions=wanted)
        until(
            lambda: client.get_provisioned_concurrency_config(**where)["Status"] == "READY",
            seconds=_READY_SECONDS,
            what=f"provisioned concurrency of {function}:{inputs.qualifier}",
        )


def _kept(function: str, inputs: ConcurrencyInputs) -> Outputs:
    """What ``delete`` must know, which gets no inputs."""
    return {
        "function": function,
        "qualifier": inputs.qualifier,
        "skipDestroy": inputs.skip_destroy,
    }


class Destination(Inputs):
    """Where a record of an invocation goes."""

    destination: str


class DestinationConfig(Inputs):
    """Where records of failed and of successful invocations go."""

    on_failure: Destination | None = None
    on_success: Destination | None = None


class EventInvokeInputs(Inputs):
    """Inputs of what happens to asynchronous calls."""

    function_name: str
    qualifier: str | None = None
    maximum_event_age_in_seconds: int = 21_600
    maximum_retry_attempts: int = 2
    destination_config: DestinationConfig | None = None


class FunctionEventInvokeConfig(Provider[EventInvokeInputs]):
    """How often an asynchronous call is tried, and where its record goes."""

    token = "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig"
    inputs = EventInvokeInputs
    replaces = frozenset({"functionName", "qualifier"})

    def check(self, name: str, properties: Mapping[str, Any]) -> EventInvokeInputs:
        inputs = super().check(name, properties)
        split_function("functionName", inputs.function_name)
        within("maximumEventAgeInSeconds", inputs.maximum_event_age_in_seconds, 60, 21_600)
        within("maximumRetryAttempts", inputs.maximum_retry_attempts, 0, 2)
        for field, arn in _destinations(inputs).items():
            services = ("sqs", "sns", "lambda", "events", "s3")
            check_destination(field, arn, services[: 5 if "onFailure" in field else 4])
        return inputs

    def create(self, name: str, inputs: EventInvokeInputs) -> tuple[str, Outputs]:
        function, qualifier = split_function("functionName", inputs.function_name)
        qualifier = inputs.qualifier or qualifier
        where = present(FunctionName=function, Qualifier=qualifier)
        self._put(where, inputs)
        id = f"{inputs.function_name}:{inputs.qualifier}"
        return id if inputs.qualifier else inputs.function_name, {"where": where}

    def update(
        self, id: str, old: EventInvokeInputs, new: EventInvokeInputs, outputs: Outputs
    ) -> Outputs:
        self._put(outputs["where"], new)
        return outputs

    def delete(self, id: str, outputs: Outputs) -> None:
        with ignoring(GONE):
            self.context.client("lambda").delete_function_event_invoke_config(**outputs["where"])

    def _put(self, where: Mapping[str, str], inputs: EventInvokeInputs) -> None:
        client = self.context.client("lambda")
        role = client.get_function_configuration(**where)["Role"]
        for field, arn in _destinations(inputs).items():
            may_reach(self.context, role, field, arn)
        given = inputs.destination_config or DestinationConfig()
        client.put_function_event_invoke_config(
            **where,
            MaximumEventAgeInSeconds=inputs.maximum_event_age_in_seconds,
            MaximumRetryAttempts=inputs.maximum_retry_attempts,
            DestinationConfig={
                "OnFailure": _destination(given.on_failure),
                "OnSuccess": _destination(given.on_success),
            },
        )


def _destination(given: Destination | None) -> dict[str, str]:
    return {"Destination": given.destination} if given else {}


def _destinations(inputs: EventInvokeInputs) -> dict[str, str]:
    given = inputs.destination_config or DestinationConfig()
    return {
        f"destinationConfig.{field}.destination": item.destination
        for field, item in (("onFailure", given.on_failure), ("onSuccess", given.on_success))
        if item is not None
    }
