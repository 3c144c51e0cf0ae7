"""Step Functions: state machines. Names of their versions are in ``sfn_release``.

What a definition may say is in ``sfn_definition``, what a role must allow in ``role_checks``.
"""

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from .base import Context, Inputs, Outputs, Provider, Tagged
from .common import ignoring, one_of, pairs, physical_name, present, tag_changes, within
from .role_checks import check_allowed, check_trust
from .sfn_definition import check_definition, resources

SERVICE = "states.amazonaws.com"
GONE = "StateMachineDoesNotExist"
LOG_ACTIONS = (
    "logs:CreateLogDelivery",
    "logs:GetLogDelivery",
    "logs:UpdateLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:DescribeResourcePolicies",
    "logs:DescribeLogGroups",
)
"""What a role must be allowed, on everything, before a machine may log."""
RULE_ACTIONS = ("events:PutTargets", "events:PutRule", "events:DescribeRule")
MANAGED_RULES = {
    "arn:aws:states:::states:startExecution.sync": "StepFunctionsExecutionRule",
    "arn:aws:states:::ecs:runTask.sync": "ECSTaskRule",
    "arn:aws:states:::batch:submitJob.sync": "BatchJobsRule",
}
"""Tasks that wait by a rule which Step Functions makes in the role's name."""
_NAME = re.compile(r"^[\w-]{1,80}$", re.ASCII)
_LOG_GROUP = re.compile(r"^arn:[\w-]+:logs:[\w-]+:\d{12}:log-group:([\w./#-]+):\*$")
_OWN_KEY = "CUSTOMER_MANAGED_KMS_KEY"


class Encryption(Inputs):
    """Whose key encrypts definitions and data."""

    type: str | None = None
    kms_key_id: str | None = None
    kms_data_key_reuse_period_seconds: int | None = None


class Logging(Inputs):
    """What is logged of an execution, and where."""

    level: str = "OFF"
    include_execution_data: bool = False
    log_destination: str | None = None


class Tracing(Inputs):
    """Whether X-Ray sees executions."""

    enabled: bool = False


class StateMachineInputs(Tagged):
    """Inputs of a state machine."""

    name: str | None = None
    name_prefix: str | None = None
    definition: str
    role_arn: str
    type: str = "STANDARD"
    publish: bool = False
    logging_configuration: Logging | None = None
    tracing_configuration: Tracing | None = None
    encryption_configuration: Encryption | None = None


class StateMachine(Provider[StateMachineInputs]):
    """A workflow; with ``publish`` every change of it becomes a version."""

    token = "aws:sfn/stateMachine:StateMachine"
    inputs = StateMachineInputs
    replaces = frozenset({"name", "namePrefix", "type"})
    outputs = frozenset(
        {
            "arn",
            "creationDate",
            "description",
            "name",
            "revisionId",
            "stateMachineVersionArn",
            "status",
            "tagsAll",
            "versionDescription",
        }
    )
    inert: ClassVar[Mapping[str, str]] = {
        "encryptionConfiguration": "its key is looked up; executions lie in memory as they are",
        "tracingConfiguration": "taken; nothing traces executions",
    }

    def check(self, name: str, properties: Mapping[str, Any]) -> StateMachineInputs:
        inputs = super().check(name, properties)
        if inputs.name is not None:
            check_name(inputs.name)
        one_of("type", inputs.type, ("STANDARD", "EXPRESS"))
        check_definition(inputs.definition, express=inputs.type == "EXPRESS")
        _check_logging(inputs.logging_configuration or Logging())
        _check_encryption(inputs.encryption_configuration)
        return inputs

    def create(self, name: str, inputs: StateMachineInputs) -> tuple[str, Outputs]:
        title = physical_name(name, inputs.name, inputs.name_prefix, limit=80)
        check_name(title)
        arn = f"arn:aws:states:{self.context.region}:{self.context.account}:stateMachine:{title}"
        self._check_surroundings(arn, inputs)
        client, tags = self.context.client("stepfunctions"), self.tags(inputs)
        made = client.create_state_machine(
            name=title,
            type=inputs.type,
            tags=pairs(tags, "key", "value"),
            tracingConfiguration={"enabled": _traced(inputs)},
            **_request(inputs),
        )
        return arn, self._outputs(arn, made.get("stateMachineVersionArn"), tags)

    def update(
        self, id: str, old: StateMachineInputs, new: StateMachineInputs, outputs: Outputs
    ) -> Outputs:
        client, tags = self.context.client("stepfunctions"), self.tags(new)
        version = outputs["stateMachineVersionArn"]
        if self.changed(old, new) - {"tags"}:
            self._check_surroundings(id, new)
            answer = client.update_state_machine(
                stateMachineArn=id,
                tracingConfiguration={"enabled": _traced(new)},
                **_request(new),
            )
            version = answer.get("stateMachineVersionArn", version)
        retag(client, outputs, tags)
        return self._outputs(id, version, tags)

    def delete(self, id: str, outputs: Outputs) -> None:
        client = self.context.client("stepfunctions")
        with ignoring(GONE):
            # AWS takes aliases and versions along; a machine of the same name must not find them.
            for alias in client.list_state_machine_aliases(stateMachineArn=id)[
                "stateMachineAliases"
            ]:
                client.delete_state_machine_alias(
                    stateMachineAliasArn=alias["stateMachineAliasArn"]
                )
            for version in client.list_state_machine_versions(stateMachineArn=id)[
                "stateMachineVersions"
            ]:
                client.delete_state_machine_version(
                    stateMachineVersionArn=version["stateMachineVersionArn"]
                )
            client.delete_state_machine(stateMachineArn=id)

    def _outputs(self, arn: str, version: str | None, tags: Mapping[str, str]) -> Outputs:
        found = self.context.client("stepfunctions").describe_state_machine(stateMachineArn=arn)
        return {
            "arn": arn,
            "creationDate": found["creationDate"].isoformat(),
            "description": found.get("description", ""),
            "name": found["name"],
            "revisionId": found["revisionId"],
            "stateMachineVersionArn": version,
            "status": found["status"],
            "tagsAll": dict(tags),
            "versionDescription": "",
        }

    def _check_surroundings(self, arn: str, inputs: StateMachineInputs) -> None:
        """What AWS looks up before it takes a machine: the role, the log group, the key."""
        context, role = self.context, inputs.role_arn
        check_trust(context, "roleArn", role, SERVICE, arn)
        logging = inputs.logging_configuration
        if logging is not None and logging.log_destination is not None:
            why = "Logging (loggingConfiguration)"
            check_allowed(context, "roleArn", role, LOG_ACTIONS, "*", why)
            _check_log_group(context, logging.log_destination)
        for resource in set(resources(check_definition(inputs.definition, express=False))):
            if rule := MANAGED_RULES.get(resource.removesuffix(":2")):
                rule_arn = (
                    f"arn:aws:events:{context.region}:{context.account}:rule/"
                    f"StepFunctionsGetEventsFor{rule}"
                )
                check_allowed(context, "roleArn", role, RULE_ACTIONS, rule_arn, resource)
        encryption = inputs.encryption_configuration
        if encryption is not None and encryption.kms_key_id is not None:
            context.client("kms").describe_key(KeyId=encryption.kms_key_id)


def check_name(name: str) -> None:
    """Refuse a name of a machine or an activity that AWS does not take."""
    if not _NAME.match(name):
        raise ValueError(f"name={name!r}: up to 80 letters, digits, hyphens and _ are taken.")


def retag(client: Any, outputs: Outputs, wanted: Mapping[str, str]) -> None:
    """Give a machine or an activity these tags alone."""
    put, drop = tag_changes(outputs, wanted)
    if drop:
        client.untag_resource(resourceArn=outputs["arn"], tagKeys=drop)
    if put:
        client.tag_resource(resourceArn=outputs["arn"], tags=pairs(put, "key", "value"))


def _check_logging(logging: Logging) -> None:
    one_of("loggingConfiguration.level", logging.level, ("OFF", "ERROR", "FATAL", "ALL"))
    field, destination = "loggingConfiguration.logDestination", logging.log_destination
    if (logging.level != "OFF") != (destination is not None):
        raise ValueError(f"{field} belongs to a level other than OFF.")
    if destination is not None and not _LOG_GROUP.match(destination):
        raise ValueError(f"{field}={destination!r} is not a log group's ARN with :* at its end.")


def _check_encryption(encryption: Encryption | None) -> None:
    if encryption is None:
        return
    label = "encryptionConfiguration."
    one_of(f"{label}type", encryption.type, ("AWS_OWNED_KEY", _OWN_KEY))
    key, period = encryption.kms_key_id, encryption.kms_data_key_reuse_period_seconds
    if (encryption.type == _OWN_KEY) != (key is not None):
        raise ValueError(f"{label}kmsKeyId belongs to type {_OWN_KEY}.")
    if period is not None:
        if key is None:
            raise ValueError(f"{label}kmsDataKeyReusePeriodSeconds belongs to type {_OWN_KEY}.")
        within(f"{label}kmsDataKeyReusePeriodSeconds", period, 60, 900)


def _check_log_group(context: Context, destination: str) -> None:
    match = _LOG_GROUP.match(destination)
    name = match[1] if match else ""
    found = context.client("logs").describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    if name not in [group["logGroupName"] for group in found]:
        raise ValueError(f"loggingConfiguration.logDestination: there is no log group {name}.")


def _traced(inputs: StateMachineInputs) -> bool:
    return inputs.tracing_configuration is not None and inputs.tracing_configuration.enabled


def _request(inputs: StateMachineInputs) -> dict[str, Any]:
    logging = inputs.logging_configuration or Logging()
    encryption = inputs.encryption_configuration or Encryption(type="AWS_OWNED_KEY")
    group = logging.log_destination
    return {
        "definition": inputs.definition,
        "roleArn": inputs.role_arn,
        "publish": inputs.publish,
        "loggingConfiguration": {
            "level": logging.level,
            "includeExecutionData": logging.include_execution_data,
            "destinations": [{"cloudWatchLogsLogGroup": {"logGroupArn": group}}] if group else [],
        },
        "encryptionConfiguration": present(
            type=encryption.type,
            kmsKeyId=encryption.kms_key_id,
            kmsDataKeyReusePeriodSeconds=encryption.kms_data_key_reuse_period_seconds,
        ),
    }
