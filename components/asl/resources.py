"""What a Task state calls: the forms of ``Resource``, and the optimized integrations.

Source: Step Functions developer guide, "Integrating optimized services" (services, actions and
patterns) and the pages of lambda, sqs, sns, dynamodb, events and states (arguments). Services
that are not in the table are called through ``aws-sdk``.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from .problems import suggestion
from .values import PLACEHOLDER

SYNC, SYNC2, CALLBACK = ".sync", ".sync:2", ".waitForTaskToken"
PATTERNS = (SYNC, SYNC2, CALLBACK)

OPTIMIZED: Mapping[str, Mapping[str, str]] = {
    "apigateway": {"invoke": "token"},
    "athena": {
        "startQueryExecution": "sync",
        "stopQueryExecution": "",
        "getQueryExecution": "",
        "getQueryResults": "",
    },
    "batch": {"submitJob": "sync"},
    "bedrock": {"invokeModel": "token", "createModelCustomizationJob": "sync"},
    "codebuild": {
        "startBuild": "sync",
        "stopBuild": "",
        "batchDeleteBuilds": "",
        "batchGetReports": "",
        "startBuildBatch": "sync",
        "stopBuildBatch": "",
        "retryBuildBatch": "sync",
        "deleteBuildBatch": "",
    },
    "databrew": {"startJobRun": "sync"},
    "dynamodb": {"getItem": "", "putItem": "", "updateItem": "", "deleteItem": ""},
    "ecs": {"runTask": "sync token"},
    "eks": {
        "call": "token",
        "runJob": "sync token",
        "createCluster": "sync",
        "deleteCluster": "sync",
        "createFargateProfile": "sync",
        "deleteFargateProfile": "sync",
        "createNodegroup": "sync",
        "deleteNodegroup": "sync",
    },
    "elasticmapreduce": {
        "createCluster": "sync",
        "setClusterTerminationProtection": "",
        "terminateCluster": "sync",
        "addStep": "sync",
        "cancelStep": "",
        "modifyInstanceFleetByName": "",
        "modifyInstanceGroupByName": "",
    },
    "emr-containers": {
        "createVirtualCluster": "",
        "deleteVirtualCluster": "sync",
        "startJobRun": "sync",
    },
    "emr-serverless": {
        "createApplication": "sync",
        "startApplication": "sync",
        "stopApplication": "sync",
        "deleteApplication": "sync",
        "startJobRun": "sync",
        "cancelJobRun": "sync",
    },
    "events": {"putEvents": "token"},
    "glue": {"startJobRun": "sync"},
    "http": {"invoke": ""},
    "lambda": {"invoke": "token"},
    "mediaconvert": {"createJob": "sync"},
    "sagemaker": {
        "createEndpoint": "",
        "createEndpointConfig": "",
        "createHyperParameterTuningJob": "sync",
        "createLabelingJob": "sync",
        "createModel": "",
        "createProcessingJob": "sync",
        "createTrainingJob": "sync",
        "createTransformJob": "sync",
        "updateEndpoint": "",
    },
    "sns": {"publish": "token"},
    "sqs": {"sendMessage": "token"},
    "states": {"startExecution": "sync sync:2 token"},
}
"""Service to action to the patterns it has beside the plain request."""

_PARTITION = re.compile(r"^arn:\$\{\w+\}:")
_TASK = re.compile(r"arn:aws[a-z-]*:states:::(?P<rest>.+)")
_LAMBDA = re.compile(
    r"arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d{12}:function:[A-Za-z0-9_-]{1,64}(:[A-Za-z0-9_$-]+)?"
)
_ACTIVITY = re.compile(r"arn:aws[a-z-]*:states:[a-z0-9-]+:\d{12}:activity:\S{1,80}")
_SDK_SERVICE = re.compile(r"[a-z][a-z0-9]*")
_SDK_ACTION = re.compile(r"[a-z][A-Za-z0-9]*")


class BadResource(Exception):  # noqa: N818 - not an error yet: the caller names state and field
    """What is wrong with a resource, and what to write."""


@dataclass(frozen=True)
class Resource:
    """A resource that was read."""

    kind: str
    """``lambda`` (by ARN), ``activity``, ``optimized``, ``sdk``, or ``placeholder`` for an ARN
    that is not known yet."""
    service: str = ""
    action: str = ""
    pattern: str = ""

    @property
    def call(self) -> str:
        """``sqs:sendMessage``; ``""`` for what is no optimized integration."""
        return f"{self.service}:{self.action}" if self.kind == "optimized" else ""

    @property
    def waits(self) -> bool:
        """Whether the task waits for something that no function's time-out limits."""
        return self.kind == "activity" or bool(self.pattern)


@lru_cache(maxsize=1024)
def read(resource: str) -> Resource:
    """What ``resource`` calls.

    Raises:
        BadResource: it calls nothing that there is.
    """
    # A partition is no part of what is called.
    written = _PARTITION.sub("arn:aws:", resource)
    if task := _TASK.fullmatch(written):
        return _integration(task["rest"])
    if _LAMBDA.fullmatch(written):
        return Resource("lambda")
    if _ACTIVITY.fullmatch(written):
        return Resource("activity")
    if PLACEHOLDER.search(written):
        kind = "lambda" if ":function:" in written else "placeholder"
        return Resource("activity" if ":activity:" in written else kind)
    raise BadResource(
        f"{resource!r} is nothing that a task can call. Allowed: the ARN of a Lambda function or "
        "an activity, 'arn:aws:states:::service:action', or a placeholder such as '${Name}'."
    )


def _integration(rest: str) -> Resource:
    base, dot, ending = rest.partition(".")
    pattern = dot + ending
    if pattern and pattern not in PATTERNS:
        raise BadResource(f"there is no {pattern!r} at its end. {suggestion(pattern, PATTERNS)}")
    parts = base.split(":")
    if parts[0] == "aws-sdk":
        return _sdk(parts, pattern)
    service, action = parts[0], ":".join(parts[1:])
    if service not in OPTIMIZED:
        raise BadResource(
            f"Step Functions has no optimized integration {service!r}. "
            f"{_or_sdk(suggestion(service, OPTIMIZED), service, action)}"
        )
    actions = OPTIMIZED[service]
    if action not in actions:
        raise BadResource(
            f"the optimized integration {service!r} has no {action!r}. "
            f"{_or_sdk(suggestion(action, actions), service, action)}"
        )
    allowed = actions[action].split()
    wanted = {"": "", SYNC: "sync", SYNC2: "sync:2", CALLBACK: "token"}[pattern]
    if wanted and wanted not in allowed:
        there_is = [name for name, word in _ENDINGS.items() if word in allowed]
        raise BadResource(
            f"{service}:{action} has no {pattern!r}. There is {' and '.join(there_is) or 'none'}: "
            "leave it out or use that."
        )
    return Resource("optimized", service, action, pattern)


_ENDINGS = {SYNC: "sync", SYNC2: "sync:2", CALLBACK: "token"}


def _or_sdk(hint: str, service: str, action: str) -> str:
    return (
        f"{hint} Any other call is 'arn:aws:states:::aws-sdk:{service or 'service'}:"
        f"{action or 'action'}'."
    )


def _sdk(parts: list[str], pattern: str) -> Resource:
    if len(parts) != 3 or not all(parts):
        raise BadResource(
            "an SDK integration is 'arn:aws:states:::aws-sdk:service:action', as in "
            "'aws-sdk:dynamodb:query'."
        )
    _, service, action = parts
    if not _SDK_SERVICE.fullmatch(service):
        raise BadResource(f"the SDK has no service {service!r}. Its names are in small letters.")
    if not _SDK_ACTION.fullmatch(action):
        fixed = action[:1].lower() + action[1:]
        raise BadResource(f"{action!r} is no action. Actions are in camel case: {fixed!r}.")
    if pattern in (SYNC, SYNC2):
        raise BadResource(f"SDK integrations have no {pattern!r}. There is {CALLBACK}.")
    return Resource("sdk", service, action, pattern)
