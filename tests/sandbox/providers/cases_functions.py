"""Lives of functions, their versions' names, callers and layers."""

import json
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from sandbox.providers.base import Outputs

from .functions import RUNTIME, SPACE, archive, given, role, shared
from .looks import SEEN1, SEEN2, T1, T2, unless_gone
from .world import Case, World

LAYER = archive(python_shared="x = 1\n")


@unless_gone
def _function(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    found = world.client("lambda").get_function(FunctionName=id)
    versions = world.client("lambda").list_versions_by_function(FunctionName=id)["Versions"]
    configuration = found["Configuration"]
    return {
        **configuration,
        "layers": [layer["Arn"] for layer in configuration["Layers"]],
        "reserved": found.get("Concurrency", {}).get("ReservedConcurrentExecutions"),
        "tags": found["Tags"],
        "versions": [item["Version"] for item in versions],
        "version": outputs["version"],
        "same": outputs["qualifiedArn"] == f"{outputs['arn']}:{outputs['version']}",
    }


@unless_gone
def _alias(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    name, alias = id.split(":")[-2:]
    return dict(world.client("lambda").get_alias(FunctionName=name, Name=alias))


def _permission(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    try:
        policy = world.client("lambda").get_policy(FunctionName=shared(world).name)["Policy"]
    except ClientError:
        return None
    found = [item for item in json.loads(policy)["Statement"] if item["Sid"] == id]
    return dict(found[0]) if found else None


@unless_gone
def _url(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    found = world.client("lambda").get_function_url_config(**outputs["where"])
    return {**found, "path": "/_aws/lambda-url/" in outputs["functionUrl"]}


@unless_gone
def _invokes(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    return dict(world.client("lambda").get_function_event_invoke_config(**outputs["where"]))


@unless_gone
def _warm(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    where = {"FunctionName": outputs["function"], "Qualifier": outputs["qualifier"]}
    return dict(world.client("lambda").get_provisioned_concurrency_config(**where))


@unless_gone
def _layer(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    return dict(world.client("lambda").get_layer_version_by_arn(Arn=id))


def _network(world: World) -> dict[str, Any]:
    return {"subnetIds": world.subnets[:1], "securityGroupIds": world.groups[:1]}


def _layers(world: World) -> list[str]:
    if "_layers" not in world.__dict__:
        world.__dict__["_layers"] = [
            world.make(f"{SPACE}layerVersion:LayerVersion", layerName=name, code=LAYER)[0]
            for name in ("one", "two")
        ]
    made: list[str] = world.__dict__["_layers"]
    return made


def _files(world: World) -> str:
    """The ARN of an access point that can be reached from the first subnet."""
    if "_access_point" not in world.__dict__:
        system = world.make("aws:efs/fileSystem:FileSystem", "files")[0]
        target = {"fileSystemId": system, "subnetId": world.subnets[0]}
        world.make("aws:efs/mountTarget:MountTarget", **target)
        point = world.make("aws:efs/accessPoint:AccessPoint", fileSystemId=system)
        world.__dict__["_access_point"] = point[1]["arn"]
    return str(world.__dict__["_access_point"])


CASES = [
    Case(
        f"{SPACE}function:Function",
        lambda w: given(
            w,
            name="thumbnails",
            architectures=["arm64"],
            deadLetterConfig={"targetArn": shared(w).queue},
            description="one",
            environment={"variables": {"MODE": "a", "OLD": "1"}},
            ephemeralStorage={"size": 1024},
            kmsKeyArn=w.keys[0],
            layers=_layers(w)[:1],
            loggingConfig={
                "logFormat": "JSON",
                "logGroup": "/shop/thumbnails",
                "applicationLogLevel": "DEBUG",
                "systemLogLevel": "WARN",
            },
            memorySize=256.0,
            reservedConcurrentExecutions=3,
            sourceCodeHash="one",
            tags=T1,
            timeout=10,
            tracingConfig={"mode": "Active"},
            vpcConfig={**_network(w), "ipv6AllowedForDualStack": True},
            fileSystemConfig={"arn": _files(w), "localMountPath": "/mnt/files"},
        ),
        _function,
        lambda w: {
            "FunctionName": "thumbnails",
            "Architectures": ["arm64"],
            "DeadLetterConfig": {"TargetArn": shared(w).queue},
            "Description": "one",
            "Environment": {"Variables": {"MODE": "a", "OLD": "1"}},
            "EphemeralStorage": {"Size": 1024},
            "FileSystemConfigs": [{"Arn": _files(w), "LocalMountPath": "/mnt/files"}],
            "Handler": "index.handler",
            "KMSKeyArn": w.keys[0],
            "LoggingConfig": {
                "LogFormat": "JSON",
                "LogGroup": "/shop/thumbnails",
                "ApplicationLogLevel": "DEBUG",
                "SystemLogLevel": "WARN",
            },
            "MemorySize": 256,
            "Role": role(w),
            "Runtime": RUNTIME,
            "Timeout": 10,
            "TracingConfig": {"Mode": "Active"},
            "VpcConfig": {
                "SubnetIds": w.subnets[:1],
                "SecurityGroupIds": w.groups[:1],
                "Ipv6AllowedForDualStack": True,
                "VpcId": w.vpc,
            },
            "layers": _layers(w)[:1],
            "reserved": 3,
            "same": True,
            "tags": SEEN1,
            "version": "1",
            "versions": ["$LATEST", "1"],
        },
        lambda w: {
            "architectures": ["x86_64"],
            "code": archive(version=2),
            "deadLetterConfig": None,
            "description": "two",
            "environment": {"variables": {"MODE": "b"}},
            "ephemeralStorage": None,
            "fileSystemConfig": None,
            "kmsKeyArn": None,
            "layers": _layers(w)[1:],
            "loggingConfig": None,
            "reservedConcurrentExecutions": None,
            "snapStart": None,
            "tags": T2,
            "tracingConfig": None,
            "vpcConfig": None,
        },
        lambda w: {
            "Architectures": ["x86_64"],
            "DeadLetterConfig": {"TargetArn": ""},
            "Description": "two",
            "Environment": {"Variables": {"MODE": "b"}},
            "EphemeralStorage": {"Size": 512},
            "FileSystemConfigs": [],
            "KMSKeyArn": "",
            "LoggingConfig": {"LogFormat": "Text", "LogGroup": "/aws/lambda/thumbnails"},
            "TracingConfig": {"Mode": "PassThrough"},
            "layers": _layers(w)[1:],
            "reserved": None,
            "tags": SEEN2,
            "version": "2",
            "versions": ["$LATEST", "1", "2"],
        },
    ),
    Case(
        f"{SPACE}function:Function",
        lambda w: given(w, snapStart={"applyOn": "PublishedVersions"}, runtime="python3.13"),
        _function,
        lambda w: {"SnapStart": {"ApplyOn": "PublishedVersions", "OptimizationStatus": "Off"}},
        lambda w: {"snapStart": None, "skipDestroy": True},
        lambda w: {"SnapStart": {"ApplyOn": "None", "OptimizationStatus": "Off"}},
        stays=True,
        label="snapshot",
    ),
    Case(
        f"{SPACE}function:Function",
        lambda w: {
            **given(w, publish=False, code=None),
            "s3Bucket": "code",
            "s3Key": _uploaded(w),
            "s3ObjectVersion": "null",
        },
        _function,
        lambda w: {"version": "$LATEST", "versions": ["$LATEST"]},
        lambda w: {"publish": True},
        lambda w: {"version": "1", "versions": ["$LATEST", "1"]},
        label="uploaded",
    ),
    Case(
        f"{SPACE}alias:Alias",
        lambda w: {
            "functionName": shared(w).arn,
            "functionVersion": "1",
            "name": "live",
            "description": "one",
            "routingConfig": {"additionalVersionWeights": {"2": 0.1}},
        },
        _alias,
        lambda w: {
            "AliasArn": f"{shared(w).arn}:live",
            "Name": "live",
            "FunctionVersion": "1",
            "Description": "one",
            "RoutingConfig": {"AdditionalVersionWeights": {"2": 0.1}},
        },
        lambda w: {"functionVersion": "2", "description": "two", "routingConfig": None},
        lambda w: {"FunctionVersion": "2", "Description": "two", "RoutingConfig": None},
    ),
    Case(
        f"{SPACE}permission:Permission",
        lambda w: {
            "action": "lambda:InvokeFunction",
            "function": shared(w).name,
            "principal": "s3.amazonaws.com",
            "qualifier": shared(w).alias_name,
            "sourceArn": "arn:aws:s3:::photos",
            "sourceAccount": "123456789012",
            "statementId": "photos",
            "eventSourceToken": "token",
            "invokedViaFunctionUrl": False,
        },
        _permission,
        lambda w: {
            "Effect": "Allow",
            "Principal": {"Service": "s3.amazonaws.com"},
            "Action": "lambda:InvokeFunction",
            "Resource": shared(w).alias,
            "Condition": {
                "ArnLike": {"AWS:SourceArn": "arn:aws:s3:::photos"},
                "StringEquals": {
                    "AWS:SourceAccount": "123456789012",
                    "lambda:EventSourceToken": "token",
                },
                "Bool": {"lambda:InvokedViaFunctionUrl": "false"},
            },
        },
    ),
    Case(
        f"{SPACE}permission:Permission",
        lambda w: {
            "action": "lambda:InvokeFunctionUrl",
            "function": shared(w).alias,
            "principal": "*",
            "principalOrgId": "o-abcdefghij",
            "functionUrlAuthType": "AWS_IAM",
            "statementIdPrefix": "web-",
        },
        _permission,
        lambda w: {
            "Resource": shared(w).alias,
            "Principal": "*",
            "Condition": {
                "StringEquals": {
                    "aws:PrincipalOrgID": "o-abcdefghij",
                    "lambda:FunctionUrlAuthType": "AWS_IAM",
                }
            },
        },
        label="url",
    ),
    Case(
        f"{SPACE}functionUrl:FunctionUrl",
        lambda w: {
            "authorizationType": "AWS_IAM",
            "functionName": shared(w).name,
            "qualifier": shared(w).alias_name,
            "invokeMode": "RESPONSE_STREAM",
            "cors": {
                "allowCredentials": True,
                "allowHeaders": ["x-a"],
                "allowMethods": ["GET"],
                "allowOrigins": ["https://shop.example.com"],
                "exposeHeaders": ["x-b"],
                "maxAge": 60,
            },
        },
        _url,
        lambda w: {
            "AuthType": "AWS_IAM",
            "InvokeMode": "RESPONSE_STREAM",
            "Cors": {
                "AllowCredentials": True,
                "AllowHeaders": ["x-a"],
                "AllowMethods": ["GET"],
                "AllowOrigins": ["https://shop.example.com"],
                "ExposeHeaders": ["x-b"],
                "MaxAge": 60,
            },
            "path": True,
        },
        lambda w: {"authorizationType": "NONE", "invokeMode": None, "cors": None},
        lambda w: {"AuthType": "NONE", "InvokeMode": "BUFFERED", "Cors": {}},
    ),
    Case(
        f"{SPACE}functionEventInvokeConfig:FunctionEventInvokeConfig",
        lambda w: {
            "functionName": shared(w).name,
            "qualifier": shared(w).alias_name,
            "maximumEventAgeInSeconds": 60,
            "maximumRetryAttempts": 0,
            "destinationConfig": {
                "onFailure": {"destination": shared(w).queue},
                "onSuccess": {"destination": shared(w).topic},
            },
        },
        _invokes,
        lambda w: {
            "FunctionArn": shared(w).alias,
            "MaximumEventAgeInSeconds": 60,
            "MaximumRetryAttempts": 0,
            "DestinationConfig": {
                "OnFailure": {"Destination": shared(w).queue},
                "OnSuccess": {"Destination": shared(w).topic},
            },
        },
        lambda w: {"maximumRetryAttempts": 1, "destinationConfig": None},
        lambda w: {"MaximumRetryAttempts": 1, "DestinationConfig": {}},
    ),
    Case(
        f"{SPACE}provisionedConcurrencyConfig:ProvisionedConcurrencyConfig",
        lambda w: {
            "functionName": shared(w).name,
            "qualifier": shared(w).alias_name,
            "provisionedConcurrentExecutions": 2,
        },
        _warm,
        lambda w: {"RequestedProvisionedConcurrentExecutions": 2, "Status": "READY"},
        lambda w: {"provisionedConcurrentExecutions": 3},
        lambda w: {"RequestedProvisionedConcurrentExecutions": 3},
    ),
    Case(
        f"{SPACE}provisionedConcurrencyConfig:ProvisionedConcurrencyConfig",
        lambda w: {
            "functionName": shared(w).arn,
            "qualifier": "2",
            "provisionedConcurrentExecutions": 1,
            "skipDestroy": True,
        },
        _warm,
        lambda w: {"RequestedProvisionedConcurrentExecutions": 1},
        label="kept",
        stays=True,
    ),
    Case(
        f"{SPACE}layerVersion:LayerVersion",
        lambda w: {
            "layerName": "shared",
            "code": LAYER,
            "sourceCodeHash": "one",
            "compatibleArchitectures": ["arm64"],
            "compatibleRuntimes": [RUNTIME],
            "description": "one",
            "licenseInfo": "MIT",
        },
        _layer,
        lambda w: {
            "Version": 1,
            "Description": "one",
            "LicenseInfo": "MIT",
            "CompatibleArchitectures": ["arm64"],
            "CompatibleRuntimes": [RUNTIME],
        },
    ),
    Case(
        f"{SPACE}layerVersion:LayerVersion",
        lambda w: {
            "layerName": "uploaded",
            "s3Bucket": "code",
            "s3Key": _uploaded(w),
            "s3ObjectVersion": "null",
        },
        _layer,
        lambda w: {"Version": 1},
        lambda w: {"skipDestroy": True},
        lambda w: {"Version": 1},
        stays=True,
        label="uploaded",
    ),
]


def _uploaded(world: World) -> str:
    """The key of a package in the bucket ``code``."""
    from sandbox.providers.lambda_package import zipped

    s3 = world.client("s3")
    if "_uploaded" not in world.__dict__:
        s3.create_bucket(Bucket="code")
        world.__dict__["_uploaded"] = "package.zip"
        s3.put_object(Bucket="code", Key="package.zip", Body=zipped("code", archive()))
    return str(world.__dict__["_uploaded"])
