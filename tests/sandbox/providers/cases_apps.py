"""Lives of images' repositories, roles, logs, alarms and containers."""

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote

from botocore.exceptions import ClientError

from sandbox.providers.base import Outputs

from .cases_ec2 import SEEN1, SEEN2, T1, T2
from .world import TRUST, Case, World, policy, resource_policy, tags_of


def unless_gone(
    look: Callable[[World, str, Outputs], Mapping[str, Any] | None],
) -> Callable[[World, str, Outputs], Mapping[str, Any] | None]:
    """None where AWS says that there is no such thing."""
    gone = ("NotFound", "NoSuch", "Unable to describe", "MISSING")

    def looking(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
        try:
            return look(world, id, outputs)
        except ClientError as error:
            assert any(word in str(error) for word in gone), error
            return None

    return looking


@unless_gone
def _repository(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    ecr = world.client("ecr")
    found = ecr.describe_repositories(repositoryNames=[id])["repositories"][0]
    assert found["repositoryUri"] == outputs["repositoryUrl"]
    tags = ecr.list_tags_for_resource(resourceArn=outputs["arn"])["tags"]
    return {**found, "tags": tags_of(tags)}


def _document(operation: str, key: str) -> Any:
    @unless_gone
    def look(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
        return {"text": getattr(world.client("ecr"), operation)(repositoryName=id)[key]}

    return look


@unless_gone
def _role(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    iam = world.client("iam")
    role = iam.get_role(RoleName=id)["Role"]
    trust = role["AssumeRolePolicyDocument"]
    inline = {
        name: json.dumps(iam.get_role_policy(RoleName=id, PolicyName=name)["PolicyDocument"])
        for name in iam.list_role_policies(RoleName=id)["PolicyNames"]
    }
    attached = iam.list_attached_role_policies(RoleName=id)["AttachedPolicies"]
    return {
        "path": role["Path"],
        "description": role.get("Description", ""),
        "session": role["MaxSessionDuration"],
        "boundary": role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn"),
        "trust": trust if isinstance(trust, dict) else json.loads(unquote(trust)),
        "inline": inline,
        "attached": [item["PolicyArn"] for item in attached],
        "tags": tags_of(iam.list_role_tags(RoleName=id)["Tags"]),
    }


@unless_gone
def _role_policy(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    role, _, name = id.partition(":")
    found = world.client("iam").get_role_policy(RoleName=role, PolicyName=name)
    return {"name": name, "document": found["PolicyDocument"]}


def _attachment(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    role, _, arn = id.partition("/")
    attached = world.client("iam").list_attached_role_policies(RoleName=role)["AttachedPolicies"]
    return {"arn": arn} if arn in [item["PolicyArn"] for item in attached] else None


@unless_gone
def _policy(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    iam = world.client("iam")
    found = iam.get_policy(PolicyArn=id)["Policy"]
    version = iam.get_policy_version(PolicyArn=id, VersionId=found["DefaultVersionId"])
    return {
        "name": found["PolicyName"],
        "path": found["Path"],
        "description": found.get("Description"),
        "document": version["PolicyVersion"]["Document"],
        "tags": tags_of(iam.list_policy_tags(PolicyArn=id)["Tags"]),
    }


def _log_group(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    logs = world.client("logs")
    found = logs.describe_log_groups(logGroupNamePrefix=id)["logGroups"]
    if not found:
        return None
    group = found[0]
    return {
        "days": group.get("retentionInDays"),
        "class": group["logGroupClass"],
        "key": group.get("kmsKeyId"),
        "tags": logs.list_tags_for_resource(resourceArn=outputs["arn"])["tags"],
    }


def _alarm(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    cloudwatch = world.client("cloudwatch")
    found = cloudwatch.describe_alarms(AlarmNames=[id])["MetricAlarms"]
    if not found:
        return None
    tags = cloudwatch.list_tags_for_resource(ResourceARN=outputs["arn"])["Tags"]
    return {**found[0], "tags": tags_of(tags)}


def _cluster(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    found = world.client("ecs").describe_clusters(clusters=[id], include=["SETTINGS", "TAGS"])
    if not found["clusters"]:
        return None
    cluster = found["clusters"][0]
    return {**cluster, "tags": tags_of(cluster["tags"], "key", "value")}


def _capacity(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    cluster = world.client("ecs").describe_clusters(clusters=[id])["clusters"][0]
    return cluster if cluster["capacityProviders"] else None


@unless_gone
def _task_definition(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    found = world.client("ecs").describe_task_definition(
        taskDefinition=outputs["arn"], include=["TAGS"]
    )
    if found["taskDefinition"]["status"] == "INACTIVE":
        return None
    return {**found["taskDefinition"], "tags": tags_of(found["tags"], "key", "value")}


def _service(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    found = world.client("ecs").describe_services(
        cluster=outputs["cluster"], services=[id], include=["TAGS"]
    )["services"]
    if not found or found[0]["status"] == "INACTIVE":
        return None
    return {**found[0], "tags": tags_of(found[0]["tags"], "key", "value")}


LIFECYCLE = json.dumps(
    {
        "rules": [
            {
                "rulePriority": 1,
                "selection": {
                    "tagStatus": "untagged",
                    "countType": "imageCountMoreThan",
                    "countNumber": 5,
                },
                "action": {"type": "expire"},
            }
        ]
    }
)
CONTAINER = {
    "name": "web",
    "image": "127.0.0.1:4566/shop@sha256:" + "0" * 64,
    "portMappings": [{"containerPort": 5000}],
    "mountPoints": [{"sourceVolume": "tmp", "containerPath": "/tmp"}],
}
BASE_TASK = {
    "family": "shop",
    "containerDefinitions": json.dumps([CONTAINER]),
    "cpu": "256",
    "memory": "512",
    "networkMode": "awsvpc",
    "requiresCompatibilities": ["FARGATE"],
    "volumes": [{"name": "tmp"}],
}


def base_service(world: World) -> dict[str, Any]:
    """A service that runs nothing yet."""
    return {
        "cluster": world.cluster["arn"],
        "taskDefinition": world.task_definitions[0],
        "launchType": "FARGATE",
        "networkConfiguration": {"subnets": world.subnets[:1]},
    }


CASES = [
    Case(
        "aws:ecr/repository:Repository",
        lambda w: {
            "name": "team/shop",
            "imageTagMutability": "IMMUTABLE",
            "imageScanningConfiguration": {"scanOnPush": True},
            "encryptionConfigurations": [{"encryptionType": "KMS", "kmsKey": w.keys[0]}],
            "forceDelete": True,
            "tags": T1,
        },
        _repository,
        lambda w: {
            "repositoryName": "team/shop",
            "imageTagMutability": "IMMUTABLE",
            "imageScanningConfiguration": {"scanOnPush": True},
            "encryptionConfiguration": {"encryptionType": "KMS", "kmsKey": w.keys[0]},
            "tags": SEEN1,
        },
        lambda w: {
            "imageTagMutability": "MUTABLE",
            "imageScanningConfiguration": None,
            "tags": T2,
        },
        lambda w: {
            "imageTagMutability": "MUTABLE",
            "imageScanningConfiguration": {"scanOnPush": False},
            "tags": SEEN2,
        },
    ),
    Case(
        "aws:ecr/lifecyclePolicy:LifecyclePolicy",
        lambda w: {"repository": w.repository["name"], "policy": LIFECYCLE},
        _document("get_lifecycle_policy", "lifecyclePolicyText"),
        lambda w: {"text": LIFECYCLE},
        lambda w: {"policy": LIFECYCLE.replace("5", "9")},
        lambda w: {"text": LIFECYCLE.replace("5", "9")},
    ),
    Case(
        "aws:ecr/repositoryPolicy:RepositoryPolicy",
        lambda w: {
            "repository": w.repository["name"],
            "policy": resource_policy("ecr:BatchGetImage"),
        },
        _document("get_repository_policy", "policyText"),
        lambda w: {"text": resource_policy("ecr:BatchGetImage")},
        lambda w: {"policy": resource_policy("ecr:PutImage")},
        lambda w: {"text": resource_policy("ecr:PutImage")},
    ),
    Case(
        "aws:iam/role:Role",
        lambda w: {
            "name": "shop-role",
            "path": "/shop/",
            "assumeRolePolicy": TRUST,
            "description": "runs the shop",
            "maxSessionDuration": 7200,
            "permissionsBoundary": w.policies[0],
            "inlinePolicies": [{"name": "one", "policy": policy("s3:GetObject")}],
            "managedPolicyArns": w.policies[:1],
            "forceDetachPolicies": True,
            "tags": T1,
        },
        _role,
        lambda w: {
            "path": "/shop/",
            "description": "runs the shop",
            "session": 7200,
            "boundary": w.policies[0],
            "trust": json.loads(TRUST),
            "inline": {"one": json.dumps(json.loads(policy("s3:GetObject")))},
            "attached": w.policies[:1],
            "tags": SEEN1,
        },
        lambda w: {
            "assumeRolePolicy": TRUST.replace("ecs-tasks", "lambda"),
            "description": "other",
            "maxSessionDuration": 3600,
            "permissionsBoundary": None,
            "inlinePolicies": [{"name": "two", "policy": policy("s3:PutObject")}],
            "managedPolicyArns": w.policies[1:],
            "tags": T2,
        },
        lambda w: {
            "description": "other",
            "session": 3600,
            "boundary": None,
            "trust": json.loads(TRUST.replace("ecs-tasks", "lambda")),
            "inline": {"two": json.dumps(json.loads(policy("s3:PutObject")))},
            "attached": w.policies[1:],
            "tags": SEEN2,
        },
    ),
    Case(
        "aws:iam/role:Role",
        lambda w: {"namePrefix": "pre-", "assumeRolePolicy": TRUST},
        lambda w, id, outputs: _role(w, id, outputs) and {"prefix": id[:4]},
        lambda w: {"prefix": "pre-"},
        label="prefix",
    ),
    Case(
        "aws:iam/rolePolicy:RolePolicy",
        lambda w: {"role": w.role["name"], "name": "read", "policy": policy("s3:GetObject")},
        _role_policy,
        lambda w: {"name": "read", "document": json.loads(policy("s3:GetObject"))},
        lambda w: {"policy": policy("s3:PutObject")},
        lambda w: {"document": json.loads(policy("s3:PutObject"))},
    ),
    Case(
        "aws:iam/rolePolicy:RolePolicy",
        lambda w: {"role": w.role["name"], "namePrefix": "x-", "policy": policy("s3:GetObject")},
        lambda w, id, o: (seen := _role_policy(w, id, o)) and {"prefix": seen["name"][:2]},
        lambda w: {"prefix": "x-"},
        label="prefix",
    ),
    Case(
        "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
        lambda w: {"role": w.role["name"], "policyArn": w.policies[0]},
        _attachment,
        lambda w: {"arn": w.policies[0]},
    ),
    Case(
        "aws:iam/policy:Policy",
        lambda w: {
            "name": "shop-policy",
            "path": "/shop/",
            "description": "reads",
            "policy": policy("s3:GetObject"),
            "tags": T1,
        },
        _policy,
        lambda w: {
            "name": "shop-policy",
            "path": "/shop/",
            "description": "reads",
            "document": json.loads(policy("s3:GetObject")),
            "tags": SEEN1,
        },
        lambda w: {"policy": policy("s3:PutObject"), "tags": T2},
        lambda w: {"document": json.loads(policy("s3:PutObject")), "tags": SEEN2},
    ),
    Case(
        "aws:iam/policy:Policy",
        lambda w: {"namePrefix": "pre-", "policy": policy("s3:GetObject")},
        lambda w, id, o: (seen := _policy(w, id, o)) and {"prefix": seen["name"][:4]},
        lambda w: {"prefix": "pre-"},
        label="prefix",
    ),
    Case(
        "aws:cloudwatch/logGroup:LogGroup",
        lambda w: {
            "name": "/shop/web",
            "retentionInDays": 7,
            "kmsKeyId": w.keys[0],
            "logGroupClass": "INFREQUENT_ACCESS",
            "tags": T1,
        },
        _log_group,
        lambda w: {"days": 7, "class": "INFREQUENT_ACCESS", "key": w.keys[0], "tags": SEEN1},
        lambda w: {"retentionInDays": 0, "tags": T2},
        lambda w: {"days": None, "tags": SEEN2},
    ),
    Case(
        "aws:cloudwatch/logGroup:LogGroup",
        lambda w: {"namePrefix": "/kept/", "skipDestroy": True},
        lambda w, id, outputs: _log_group(w, id, outputs) and {"prefix": id[:6]},
        lambda w: {"prefix": "/kept/"},
        stays=True,
        label="kept",
    ),
    Case(
        "aws:cloudwatch/metricAlarm:MetricAlarm",
        lambda w: {
            "name": "slow",
            "alarmDescription": "too slow",
            "comparisonOperator": "GreaterThanThreshold",
            "evaluationPeriods": 3,
            "datapointsToAlarm": 2,
            "threshold": 1.5,
            "treatMissingData": "notBreaching",
            "actionsEnabled": True,
            "alarmActions": [w.topic],
            "okActions": [w.topic],
            "insufficientDataActions": [w.topic],
            "namespace": "Shop",
            "metricName": "Latency",
            "dimensions": {"Service": "web"},
            "period": 60,
            "statistic": "Average",
            "unit": "Seconds",
            "tags": T1,
        },
        _alarm,
        lambda w: {
            "AlarmName": "slow",
            "AlarmDescription": "too slow",
            "ComparisonOperator": "GreaterThanThreshold",
            "EvaluationPeriods": 3,
            "DatapointsToAlarm": 2,
            "Threshold": 1.5,
            "TreatMissingData": "notBreaching",
            "ActionsEnabled": True,
            "AlarmActions": [w.topic],
            "OKActions": [w.topic],
            "InsufficientDataActions": [w.topic],
            "Namespace": "Shop",
            "MetricName": "Latency",
            "Dimensions": [{"Name": "Service", "Value": "web"}],
            "Period": 60,
            "Statistic": "Average",
            "Unit": "Seconds",
            "tags": SEEN1,
        },
        lambda w: {
            "statistic": None,
            "extendedStatistic": "p95",
            "evaluateLowSampleCountPercentiles": "ignore",
            "threshold": 2,
            "tags": T2,
        },
        lambda w: {"ExtendedStatistic": "p95", "Threshold": 2.0, "tags": SEEN2},
    ),
    Case(
        "aws:cloudwatch/metricAlarm:MetricAlarm",
        lambda w: {
            "comparisonOperator": "GreaterThanThreshold",
            "evaluationPeriods": 1,
            "threshold": 5,
            "metricQueries": [
                {"id": "share", "expression": "100 * bad / all", "returnData": True},
                {
                    "id": "bad",
                    "metric": {"metricName": "Bad", "namespace": "N", "period": 60, "stat": "Sum"},
                },
            ],
        },
        _alarm,
        lambda w: {"Threshold": 5.0},
        label="expression",
    ),
    Case(
        "aws:ecs/cluster:Cluster",
        lambda w: {
            "name": "shop",
            "settings": [{"name": "containerInsights", "value": "enhanced"}],
            "tags": T1,
        },
        _cluster,
        lambda w: {
            "clusterName": "shop",
            "settings": [{"name": "containerInsights", "value": "enhanced"}],
            "tags": SEEN1,
        },
        lambda w: {"settings": None, "tags": T2},
        lambda w: {
            "settings": [{"name": "containerInsights", "value": "disabled"}],
            "tags": SEEN2,
        },
    ),
    Case(
        "aws:ecs/clusterCapacityProviders:ClusterCapacityProviders",
        lambda w: {
            "clusterName": w.cluster["name"],
            "capacityProviders": ["FARGATE", "FARGATE_SPOT"],
            "defaultCapacityProviderStrategies": [
                {"capacityProvider": "FARGATE", "weight": 1.0, "base": 1.0}
            ],
        },
        _capacity,
        lambda w: {
            "capacityProviders": ["FARGATE", "FARGATE_SPOT"],
            "defaultCapacityProviderStrategy": [
                {"capacityProvider": "FARGATE", "weight": 1, "base": 1}
            ],
        },
        lambda w: {
            "capacityProviders": ["FARGATE"],
            "defaultCapacityProviderStrategies": None,
        },
        lambda w: {"capacityProviders": ["FARGATE"], "defaultCapacityProviderStrategy": []},
    ),
    Case(
        "aws:ecs/taskDefinition:TaskDefinition",
        lambda w: {
            **BASE_TASK,
            "executionRoleArn": w.role["arn"],
            "taskRoleArn": w.role["arn"],
            "runtimePlatform": {"operatingSystemFamily": "LINUX", "cpuArchitecture": "ARM64"},
            "ephemeralStorage": {"sizeInGib": 30.0},
            "trackLatest": True,
            "tags": T1,
        },
        _task_definition,
        lambda w: {
            "family": "shop",
            "cpu": "256",
            "memory": "512",
            "networkMode": "awsvpc",
            "requiresCompatibilities": ["FARGATE"],
            "executionRoleArn": w.role["arn"],
            "taskRoleArn": w.role["arn"],
            "runtimePlatform": {"operatingSystemFamily": "LINUX", "cpuArchitecture": "ARM64"},
            "ephemeralStorage": {"sizeInGiB": 30},
            "volumes": [{"name": "tmp"}],
            "containerDefinitions": [{**CONTAINER, "cpu": 0, "essential": True}],
            "tags": SEEN1,
        },
        lambda w: {"tags": T2},
        lambda w: {"tags": SEEN2},
    ),
    Case(
        "aws:ecs/taskDefinition:TaskDefinition",
        lambda w: {**BASE_TASK, "family": "kept", "skipDestroy": True},
        _task_definition,
        lambda w: {"family": "kept"},
        stays=True,
        label="kept",
    ),
    Case(
        "aws:ecs/service:Service",
        lambda w: {
            **base_service(w),
            "name": "shop",
            "desiredCount": 0.0,
            "platformVersion": "LATEST",
            "networkConfiguration": {
                "subnets": w.subnets[:2],
                "securityGroups": w.groups[:1],
                "assignPublicIp": True,
            },
            "loadBalancers": [
                {
                    "targetGroupArn": w.served_group,
                    "containerName": "web",
                    "containerPort": 5000.0,
                }
            ],
            "healthCheckGracePeriodSeconds": 60.0,
            "deploymentCircuitBreaker": {"enable": True, "rollback": True},
            "deploymentMinimumHealthyPercent": 50.0,
            "deploymentMaximumPercent": 150.0,
            "alarms": {"enable": True, "rollback": True, "alarmNames": ["slow"]},
            "availabilityZoneRebalancing": "ENABLED",
            "enableEcsManagedTags": True,
            "propagateTags": "SERVICE",
            "enableExecuteCommand": True,
            "forceNewDeployment": True,
            "forceDelete": True,
            "serviceRegistries": {
                "registryArn": w.discovery,
                "port": 80.0,
                "containerName": "web",
                "containerPort": 5000.0,
            },
            "tags": T1,
        },
        _service,
        lambda w: {
            "serviceName": "shop",
            "clusterArn": w.cluster["arn"],
            "taskDefinition": w.task_definitions[0],
            "launchType": "FARGATE",
            "platformVersion": "LATEST",
            "healthCheckGracePeriodSeconds": 60,
            "enableExecuteCommand": True,
            "enableECSManagedTags": True,
            "propagateTags": "SERVICE",
            "serviceRegistries": [
                {
                    "registryArn": w.discovery,
                    "port": 80,
                    "containerName": "web",
                    "containerPort": 5000,
                }
            ],
            "loadBalancers": [
                {
                    "targetGroupArn": w.served_group,
                    "containerName": "web",
                    "containerPort": 5000,
                }
            ],
            "networkConfiguration": {
                "awsvpcConfiguration": {
                    "subnets": w.subnets[:2],
                    "securityGroups": w.groups[:1],
                    "assignPublicIp": "ENABLED",
                }
            },
            "deploymentConfiguration": {
                "deploymentCircuitBreaker": {"enable": True, "rollback": True},
                "minimumHealthyPercent": 50,
                "maximumPercent": 150,
                "alarms": {"enable": True, "rollback": True, "alarmNames": ["slow"]},
            },
            "tags": SEEN1,
        },
        lambda w: {
            "taskDefinition": w.task_definitions[1],
            "loadBalancers": None,
            "healthCheckGracePeriodSeconds": None,
            "deploymentMaximumPercent": 200.0,
            "networkConfiguration": {"subnets": w.subnets[:1]},
            "enableExecuteCommand": False,
            "waitForSteadyState": True,
            "tags": T2,
        },
        lambda w: {
            "taskDefinition": w.task_definitions[1],
            "loadBalancers": [],
            "enableExecuteCommand": False,
            "networkConfiguration": {
                "awsvpcConfiguration": {
                    "subnets": w.subnets[:1],
                    "securityGroups": [],
                    "assignPublicIp": "DISABLED",
                }
            },
            "deploymentConfiguration": {"minimumHealthyPercent": 50, "maximumPercent": 200},
            "tags": SEEN2,
        },
    ),
    Case(
        "aws:ecs/service:Service",
        lambda w: {
            **{key: value for key, value in base_service(w).items() if key != "launchType"},
            "capacityProviderStrategies": [{"capacityProvider": "FARGATE_SPOT", "weight": 1.0}],
            "forceNewDeployment": True,
        },
        _service,
        lambda w: {
            "capacityProviderStrategy": [
                {"capacityProvider": "FARGATE_SPOT", "weight": 1, "base": 0}
            ]
        },
        lambda w: {
            "capacityProviderStrategies": [
                {"capacityProvider": "FARGATE", "weight": 1.0, "base": 1.0}
            ]
        },
        lambda w: {
            "capacityProviderStrategy": [{"capacityProvider": "FARGATE", "weight": 1, "base": 1}]
        },
        label="spot",
    ),
]
