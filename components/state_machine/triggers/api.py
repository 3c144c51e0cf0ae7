"""A REST API that starts executions without a function in between.

One path, POST: the body is the execution's input. Left out: API keys, authorizers, CORS, more
routes and an own domain; whoever needs those puts a MultiTriggerFunction with ``rest_api`` and
``start_policy()`` in front.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from ...alarms.apis import rest_formulas
from ...alarms.watch import Formulas
from ...checks import one_of
from ...errors import check_keys, invalid
from ...function.triggers.rest_api.schemas import check_schema, whole
from ...function.triggers.throttle import Limit, Throttle, checked_throttle
from .api_document import document
from .base import Plan, Subject, Target

WHERE = "triggers.api"
THING = "api"
"""What the API is called among the things of the machine."""
PRINCIPAL = "apigateway.amazonaws.com"
PATH = "/executions"
STAGE = "live"
AUTH = ("iam", "none")
"""The first is the default: an execution costs money and acts, so nobody starts one unasked."""
ANY_OBJECT: Mapping[str, Any] = {"type": "object"}
LONGEST_WAIT = 29
"""Seconds that API Gateway waits for an answer (developer guide, "Quotas for REST APIs")."""
_PATH = re.compile(r"(/[A-Za-z0-9._~-]+)+")
_STAGE = re.compile(r"[A-Za-z0-9_-]{1,128}")


class WorkflowApi(TypedDict):
    """A REST API whose one path starts an execution for each POST.

    A ``standard`` workflow answers 202 with ``{"executionArn": ...}``, an ``express`` one with
    its output (500 with the error's name where it fails). ``call_policy()`` is for callers::

        "api": {"body_schema": {"type": "object", "required": ["order"]}}
    """

    path: NotRequired[str]
    """Path without parameters (``/executions``)."""
    stage: NotRequired[str]
    """The first part of the path, ``https://…/live/executions``: letters, digits, ``-`` and
    ``_`` (``live``)."""
    auth: NotRequired[str]
    """``iam`` (default): callers sign with IAM, see ``call_policy()``; ``none``: anybody may start
    executions."""
    body_schema: NotRequired[Mapping[str, Any]]
    """JSON Schema (draft 4) of the body; one that does not fit gets 400 and starts nothing. By
    default any JSON object."""
    throttle: NotRequired[Throttle]
    """How many executions may be started, all callers together. Default: what the account has for
    all its APIs, 10000 a second."""


class _Given(TypedDict):
    api: WorkflowApi


def plan(subject: Subject, given: WorkflowApi) -> Plan:
    """Check the API of a machine.

    Raises:
        ValueError: API Gateway would refuse it, or could not wait for an answer.
    """
    who = subject.who
    check_keys(who, {"api": given}, _Given, prefix="triggers.")
    path, stage = given.get("path") or PATH, given.get("stage") or STAGE
    if not _PATH.fullmatch(path):
        hint = "An execution's input is the body: parameters would be lost."
        raise invalid(who, f"{WHERE}.path", path, "a path such as '/executions'", hint)
    if not _STAGE.fullmatch(stage):
        raise invalid(who, f"{WHERE}.stage", stage, "letters, digits, '-' and '_'")
    schema = given.get("body_schema")
    if schema is not None:
        check_schema(who, f"{WHERE}.body_schema", schema, {})
    seconds = subject.timeout_seconds
    if subject.express and (seconds is None or seconds > LONGEST_WAIT):
        raise invalid(
            who,
            "TimeoutSeconds of the workflow",
            seconds,
            f"1 to {LONGEST_WAIT} with {WHERE}, which waits for the result no longer",
            f"Set 'TimeoutSeconds': {LONGEST_WAIT} beside 'StartAt', or use kind='standard', for "
            "which nobody waits.",
        )
    return _Plan(
        path=path,
        stage=stage,
        auth=one_of(who, f"{WHERE}.auth", given.get("auth") or AUTH[0], AUTH),
        schema=whole(schema or ANY_OBJECT),
        throttle=checked_throttle(who, f"{WHERE}.throttle", given.get("throttle")),
    )


@dataclass(frozen=True)
class _Plan(Plan):
    path: str
    stage: str
    auth: str
    schema: Mapping[str, Any]
    throttle: Limit | None

    def formulas(self, subject: Subject) -> Formulas:
        # Of a standard workflow nobody waits for more than its start.
        wait = min(subject.timeout_seconds or LONGEST_WAIT, LONGEST_WAIT)
        return {THING: rest_formulas(timeout_seconds=wait if subject.express else LONGEST_WAIT)}

    def connect(self, target: Target) -> Mapping[str, Any]:
        name, action = f"{target.name}-api", "StartExecution"
        if target.express:
            action = "StartSyncExecution"
        # API Gateway names no source when it takes a role; that another account hands it this one
        # is what iam:PassRole prevents.
        starter, policy = target.starter("api", PRINCIPAL, action=f"states:{action}")
        body = document(
            target.name,
            path=self.path,
            auth=self.auth,
            schema=self.schema,
            action=action,
            machine_arn=target.alias.arn,
            role_arn=starter.arn,
        )
        api = aws.apigateway.RestApi(
            name,
            description=f"Starts {target.name}",
            body=body,
            endpoint_configuration={"types": "REGIONAL"},
            tags=target.tags,
            opts=target.opts,
        )
        deployment = aws.apigateway.Deployment(
            name,
            rest_api=api.id,
            # Another document is another deployment.
            triggers={
                "document": body.apply(lambda text: hashlib.sha256(text.encode()).hexdigest())
            },
            opts=target.opts,
        )
        stage = aws.apigateway.Stage(
            name,
            rest_api=api.id,
            deployment=deployment.id,
            stage_name=self.stage,
            xray_tracing_enabled=target.tracing,
            tags=target.tags,
            opts=target.after(policy),
        )
        if self.throttle is not None:
            aws.apigateway.MethodSettings(
                name,
                rest_api=stage.rest_api,
                stage_name=stage.stage_name,
                method_path=f"{self.path.removeprefix('/')}/POST",
                settings={
                    "throttling_rate_limit": self.throttle.rate,
                    "throttling_burst_limit": self.throttle.burst,
                    # Bodies and headers in the log: never.
                    "data_trace_enabled": False,
                },
                opts=target.opts,
            )
        url = pulumi.Output.concat(stage.invoke_url, self.path)
        target.watch.add(
            "rest_api",
            THING,
            {"ApiName": api.name, "Stage": stage.stage_name},
            traced=target.tracing,
            check={"url": url},
        )
        return {
            "api_url": url,
            "api_method_arn": pulumi.Output.concat(stage.execution_arn, f"/POST{self.path}"),
        }
