"""What the cloud in memory answers: ids, ARNs and names that are readable and never change.

Whatever a resource's class says is always there (``Output[str]`` rather than optional) gets a
value, so that no program sees None where AWS has something. Values that programs look into
have their real shape.
"""

import inspect
import json
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any, get_origin

import pulumi

ACCOUNT = "123456789012"
"""Account of every ARN."""
REGION = "us-east-1"
"""Region of every ARN."""

Answer = Callable[[Mapping[str, Any]], Mapping[str, Any]]
"""Arguments to results, camelCase on both sides."""

_ELB = "arn:aws:elasticloadbalancing:{region}:{account}"
# ARNs whose resource part is not "type/name" and that tests look into.
_ARNS = {
    "aws:s3/bucket:Bucket": "arn:aws:s3:::{name}",
    "aws:iam/role:Role": "arn:aws:iam::{account}:role/{name}",
    "aws:iam/policy:Policy": "arn:aws:iam::{account}:policy/{name}",
    "aws:sqs/queue:Queue": "arn:aws:sqs:{region}:{account}:{name}",
    "aws:sns/topic:Topic": "arn:aws:sns:{region}:{account}:{name}",
    "aws:cloudwatch/logGroup:LogGroup": "arn:aws:logs:{region}:{account}:log-group:{name}",
    "aws:cloudwatch/metricAlarm:MetricAlarm": "arn:aws:cloudwatch:{region}:{account}:alarm:{name}",
    "aws:cloudwatch/compositeAlarm:CompositeAlarm": (
        "arn:aws:cloudwatch:{region}:{account}:alarm:{name}"
    ),
    "aws:lambda/function:Function": "arn:aws:lambda:{region}:{account}:function:{name}",
    "aws:ecs/taskDefinition:TaskDefinition": (
        "arn:aws:ecs:{region}:{account}:task-definition/{name}:1"
    ),
    "aws:sfn/stateMachine:StateMachine": "arn:aws:states:{region}:{account}:stateMachine:{name}",
    "aws:lb/loadBalancer:LoadBalancer": _ELB + ":loadbalancer/app/{name}/0123456789abcdef",
    "aws:lb/targetGroup:TargetGroup": _ELB + ":targetgroup/{name}/0123456789abcdef",
    "aws:lb/listener:Listener": _ELB + ":listener/app/{name}/0123456789abcdef/0123456789abcdef",
}

_NAMES = ("name", "family", "bucket", "alarmName")
"""Inputs that a resource's own name is in."""
_UNNAMED_MACHINE = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:machine"


def outputs_of(type: str, name: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Outputs of a resource beyond its inputs, camelCase."""
    if type.startswith("kubernetes:"):
        return _object(type, name, inputs)
    outputs = {**_guessed(type, name), **_shaped(type, name, inputs)}
    return {key: value for key, value in outputs.items() if inputs.get(key) is None}


def answer(token: str, args: Mapping[str, Any], given: Mapping[str, Answer]) -> Mapping[str, Any]:
    """The result of an invoke: the caller's answer, else a standard one.

    Raises:
        LookupError: nobody has an answer; the message says how to give one.
    """
    if token in given:
        return given[token](args)
    if token in _STANDARD:
        return _STANDARD[token]
    raise LookupError(
        f"the program calls {token} with {dict(args)!r}, which has no answer in a test. "
        f"Give one: deploy(program, invokes={{{token!r}: lambda args: {{...}}}})."
    )


def arn_of(type: str, name: str) -> str:
    """The ARN that a resource gets."""
    if type in _ARNS:
        return _ARNS[type].format(name=name, account=ACCOUNT, region=REGION)
    service, _, kind = type.split(":")[1].partition("/")
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{kind}/{name}"


def _shaped(type: str, name: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Outputs that have a form of their own."""
    physical = next((v for k in _NAMES if isinstance(v := inputs.get(k), str)), name)
    shaped: dict[str, Any] = {
        "name": physical,
        "arn": arn_of(type, physical),
        "region": REGION,
        "tagsAll": inputs.get("tags") or {},
    }
    if type == "aws:ecr/repository:Repository":
        shaped["repositoryUrl"] = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{physical}"
        shaped["registryId"] = ACCOUNT
    elif type == "docker:index/image:Image":
        repository = str(inputs.get("imageName", name)).rpartition(":")[0]
        shaped["repoDigest"] = f"{repository}@sha256:{'0' * 64}"
    elif type == "aws:lb/loadBalancer:LoadBalancer":
        shaped["dnsName"] = f"{physical}.{REGION}.elb.amazonaws.com"
        shaped["arnSuffix"] = shaped["arn"].partition("loadbalancer/")[2]
    elif type == "aws:lb/targetGroup:TargetGroup":
        shaped["arnSuffix"] = shaped["arn"].rpartition(":")[2]
    elif type == "aws:sfn/stateMachine:StateMachine":
        shaped["stateMachineVersionArn"] = f"{shaped['arn']}:1"
    elif type == "aws:sfn/alias:Alias":
        # Its machine is known by a version only.
        routes = inputs.get("routingConfigurations") or [{}]
        version = str(routes[0].get("stateMachineVersionArn") or _UNNAMED_MACHINE)
        shaped["arn"] = f"{':'.join(version.split(':')[:7])}:{physical}"
    elif type == "eks:index:Cluster":
        shaped["kubeconfig"] = _kubeconfig(physical)
        shaped["kubeconfigJson"] = json.dumps(shaped["kubeconfig"])
    elif type == "aws:acm/certificate:Certificate":
        shaped["domainValidationOptions"] = [
            {
                "domainName": inputs.get("domainName"),
                "resourceRecordName": f"_proof.{inputs.get('domainName')}.",
                "resourceRecordType": "CNAME",
                "resourceRecordValue": "_proof.acm-validations.aws.",
            }
        ]
    return shaped


def _object(type: str, name: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """What a Kubernetes API server adds: a name where none is given, and the status."""
    metadata = dict(inputs.get("metadata") or {})
    metadata.setdefault("name", f"{name}-0a1b2c3d")
    metadata.setdefault("namespace", "default")
    outputs: dict[str, Any] = {"metadata": metadata}
    if type.endswith(":Service") and (inputs.get("spec") or {}).get("type") == "LoadBalancer":
        host = f"{metadata['name']}.elb.{REGION}.amazonaws.com"
        outputs["status"] = {"loadBalancer": {"ingress": [{"hostname": host}]}}
    return outputs


def _kubeconfig(name: str) -> dict[str, Any]:
    """What reaches a cluster of that name, in kubectl's own form."""
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": name, "cluster": {"server": f"https://{name}.eks.example.com"}}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
        "current-context": name,
        "users": [{"name": name, "user": {"token": "test-token"}}],
    }


def _guessed(type: str, name: str) -> dict[str, Any]:
    """A value for each output that the resource's class declares as always present."""
    guessed: dict[str, Any] = {}
    for output, kind in _always_there(type).items():
        if kind is str:
            guessed[output] = arn_of(type, name) if output.endswith("Arn") else f"{name}-{output}"
        elif kind is bool:
            guessed[output] = False
        elif kind in (int, float):
            guessed[output] = 1
        elif get_origin(kind) is Mapping:
            guessed[output] = {}
    return guessed


@cache
def _always_there(type: str) -> dict[str, Any]:
    """Pulumi names and Python types of the non-optional outputs of a resource class."""
    for cls in _subclasses(pulumi.Resource):
        if getattr(cls, "pulumi_type", None) == type:
            return {
                getattr(member.fget, "_pulumi_name", attribute): kind
                for attribute, member in inspect.getmembers(cls, lambda m: isinstance(m, property))
                if (kind := _returned(member)) is not None
            }
    return {}


def _returned(member: property) -> Any:
    """The type inside the Output that a property returns."""
    annotation: Any = inspect.get_annotations(member.fget).get("return") if member.fget else None
    output: Any = pulumi.Output
    return annotation.__args__[0] if get_origin(annotation) is output else None


def _subclasses(cls: type) -> Iterator[type]:
    subclass: type
    for subclass in cls.__subclasses__():
        yield subclass
        yield from _subclasses(subclass)


_STANDARD: dict[str, Mapping[str, Any]] = {
    "aws:index/getCallerIdentity:getCallerIdentity": {
        "id": ACCOUNT,
        "accountId": ACCOUNT,
        "arn": f"arn:aws:iam::{ACCOUNT}:user/test",
        "userId": "test",
    },
    "aws:index/getRegion:getRegion": {
        "id": REGION,
        "region": REGION,
        "name": REGION,
        "description": "US East (N. Virginia)",
        "endpoint": f"ec2.{REGION}.amazonaws.com",
    },
    "aws:index/getPartition:getPartition": {
        "id": "aws",
        "partition": "aws",
        "dnsSuffix": "amazonaws.com",
        "reverseDnsPrefix": "com.amazonaws",
    },
    "aws:index/getAvailabilityZones:getAvailabilityZones": {
        "id": REGION,
        "region": REGION,
        "groupNames": [REGION],
        "names": [f"{REGION}{letter}" for letter in "abcdef"],
        "zoneIds": [f"use1-az{number}" for number in range(1, 7)],
    },
    "aws:lb/getHostedZoneId:getHostedZoneId": {"id": "Z0LOADBALANCER", "region": REGION},
    "aws:ecr/getAuthorizationToken:getAuthorizationToken": {
        "id": REGION,
        "authorizationToken": "QVdTOnRlc3Q=",
        "userName": "AWS",
        "password": "test-password",
        "expiresAt": "2026-01-01T12:00:00Z",
        "proxyEndpoint": f"https://{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com",
        "region": REGION,
    },
}
