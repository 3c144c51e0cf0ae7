"""What AWS refuses and the embedded cloud takes: refused offline, in clear words."""

from typing import Any

import pytest

from sandbox.providers import discover
from sandbox.providers.base import Context, Provider

from .valid import EXPIRE, TRACKING, VALID, containers, rules, statement, trust
from .world import policy, resource_policy

OFFLINE = Context(lambda service: pytest.fail(f"asked {service}"), "us-east-1", "123456789012")
REGISTRY = discover()
REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("ec2/vpc", {"cidrBlock": "10.0.0.1/16"}, "has host bits set"),
    ("ec2/vpc", {"cidrBlock": "10.0.0.0/8"}, "EC2 takes /16 to /28"),
    ("ec2/vpc", {"enableDnsHostnames": True, "enableDnsSupport": False}, "needs enableDnsSupport"),
    ("ec2/vpc", {"instanceTenancy": "host"}, "Allowed: default, dedicated"),
    ("ec2/subnet", {"cidrBlock": "10.0.0.0/29"}, "EC2 takes /16 to /28"),
    ("ec2/subnet", {"availabilityZone": "eu-west-1a"}, "not in region us-east-1"),
    ("ec2/vpcEndpoint", {"vpcEndpointType": "Interface"}, "has no ENIs"),
    ("ec2/vpcEndpoint", {"serviceName": "com.amazonaws.us-east-1.sqs"}, "us-east-1.dynamodb"),
    ("ec2/vpcEndpoint", {"policy": "{"}, "policy is not JSON"),
    ("ec2/natGateway", {"allocationId": None}, "needs an elastic address"),
    ("ec2/natGateway", {"connectivityType": "other"}, "Allowed: public, private"),
    ("ec2/eip", {"domain": "standard"}, "Allowed: vpc"),
    ("ec2/route", {"gatewayId": None}, "needs exactly one of gatewayId"),
    ("ec2/route", {"natGatewayId": "nat-1"}, "given: gatewayId, natGatewayId"),
    ("ec2/route", {"destinationCidrBlock": "everywhere"}, "is not an IPv4 range"),
    ("ec2/routeTable", {"routes": [{"cidrBlock": "0.0.0.0/0"}]}, "exactly one of"),
    ("ec2/securityGroup", {"name": "sg-web"}, "cannot begin with sg-"),
    ("ec2/securityGroup", {"description": ""}, "1 to 255 characters"),
    (
        "ec2/securityGroup",
        {"ingress": [{"protocol": "tcp", "fromPort": 90, "toPort": 80}]},
        "fromPort=90 is above toPort=80",
    ),
    ("vpc/securityGroupIngressRule", {"toPort": 70000}, "Allowed: 0 to 65535"),
    ("vpc/securityGroupIngressRule", {"toPort": None}, "needs fromPort and toPort"),
    ("vpc/securityGroupIngressRule", {"ipProtocol": "-1"}, "means every port"),
    ("vpc/securityGroupIngressRule", {"cidrIpv6": "::/0"}, "given: cidrIpv4, cidrIpv6"),
    ("vpc/securityGroupIngressRule", {"cidrIpv4": "::/0"}, "not an IPv4 range"),
    ("vpc/securityGroupIngressRule", {"cidrIpv4": "10.0.0.1/8"}, "has host bits set"),
    ("ecr/repository", {"name": "Shop"}, "lower-case letters"),
    ("ecr/repository", {"imageTagMutability": "FIXED"}, "Allowed: MUTABLE, IMMUTABLE"),
    ("ecr/repository", {"encryptionConfigurations": [{"kmsKey": "k"}]}, "needs encryptionType"),
    ("ecr/lifecyclePolicy", {"policy": "[]"}, "AWS wants an object"),
    ("ecr/lifecyclePolicy", {"policy": "{}"}, "rules is missing"),
    ("ecr/lifecyclePolicy", {"policy": rules(EXPIRE, EXPIRE)}, "must differ from rule to rule"),
    (
        "ecr/lifecyclePolicy",
        {"policy": rules({**EXPIRE, "action": {"type": "keep"}})},
        "Allowed: expire",
    ),
    (
        "ecr/lifecyclePolicy",
        {"policy": rules(EXPIRE, {**EXPIRE, "rulePriority": 2})},
        "must have the highest rulePriority",
    ),
    ("ecr/repositoryPolicy", {"policy": policy("ecr:GetImage")}, "Principal is missing"),
    ("iam/role", {"assumeRolePolicy": "no"}, "assumeRolePolicy is not JSON"),
    ("iam/role", {"assumeRolePolicy": trust(Principal=None)}, "Principal is missing"),
    ("iam/role", {"assumeRolePolicy": trust(Action="s3:GetObject")}, "Allowed: sts:AssumeRole"),
    ("iam/role", {"assumeRolePolicy": trust(Resource="*")}, "names no Resource"),
    ("iam/role", {"assumeRolePolicy": trust(Principal={"Service": "ecs"})}, "service principal"),
    ("iam/role", {"assumeRolePolicy": trust(Principal={"User": "me"})}, "Allowed: Service, AWS"),
    ("iam/role", {"maxSessionDuration": 60}, "Allowed: 3600 to 43200"),
    ("iam/role", {"name": "a b"}, "IAM takes up to 64"),
    ("iam/role", {"path": "shop"}, "begin and end with a slash"),
    ("iam/role", {"inlinePolicies": [{"name": "x", "policy": "{}"}]}, "Statement is missing"),
    ("iam/rolePolicy", {"policy": policy("GetObject")}, "not of the form service:Name"),
    ("iam/rolePolicy", {"policy": policy("s3:GetObject", "photos")}, "neither an ARN nor '*'"),
    ("iam/rolePolicy", {"policy": policy("s3:GetObject").replace("Allow", "Yes")}, "Allow, Deny"),
    ("iam/rolePolicy", {"policy": policy("s3:X").replace("2012", "2013")}, "Allowed: 2012-10-17"),
    ("iam/rolePolicy", {"policy": policy("s3:X").replace("Effect", "Efect")}, "'Efect' is not a"),
    ("iam/rolePolicy", {"policy": resource_policy("s3:GetObject")}, "names no Principal"),
    (
        "iam/rolePolicy",
        {"policy": policy("s3:GetObject", "arn:aws:s3:::" + "x" * 11000)},
        "AWS allows 10240",
    ),
    ("iam/rolePolicy", {"policy": statement()}, "Resource is missing"),
    ("iam/rolePolicy", {"policy": statement(Resource=[])}, "Resource is empty"),
    ("iam/rolePolicy", {"policy": statement(Action=[], Resource="*")}, "Action is empty"),
    ("iam/rolePolicy", {"policy": statement(NotAction="s3:*")}, "either Action or NotAction"),
    ("iam/rolePolicy", {"policy": '{"Statement": ["all"]}'}, "is not an object"),
    ("iam/rolePolicy", {"name": "a b"}, "IAM takes up to 128"),
    ("iam/policy", {"name": "a b"}, "IAM takes up to 128"),
    ("iam/policy", {"path": "x"}, "begin and end with a slash"),
    ("iam/policy", {"policy": policy("s3:X", "arn:" + "x" * 7000)}, "AWS allows 6144"),
    ("cloudwatch/logGroup", {"retentionInDays": 10}, "retentionInDays=10 is not valid. Allowed: 0"),
    ("cloudwatch/logGroup", {"name": "a b"}, "1 to 512 letters"),
    ("cloudwatch/logGroup", {"logGroupClass": "COLD"}, "INFREQUENT_ACCESS"),
    ("cloudwatch/metricAlarm", {"comparisonOperator": "Above"}, "GreaterThanThreshold"),
    ("cloudwatch/metricAlarm", {"datapointsToAlarm": 2}, "is above evaluationPeriods=1"),
    ("cloudwatch/metricAlarm", {"period": 45}, "multiples of 60"),
    ("cloudwatch/metricAlarm", {"statistic": "p95"}, "Allowed: SampleCount"),
    ("cloudwatch/metricAlarm", {"extendedStatistic": "p95"}, "either statistic or extended"),
    ("cloudwatch/metricAlarm", {"namespace": None}, "needs namespace and metricName"),
    ("cloudwatch/metricAlarm", {"threshold": None}, "threshold is missing"),
    ("cloudwatch/metricAlarm", {"treatMissingData": "bad"}, "Allowed: missing, ignore"),
    (
        "cloudwatch/metricAlarm",
        {"metricQueries": [{"id": "e", "expression": "1"}]},
        "metricQueries excludes namespace",
    ),
    (
        "cloudwatch/metricAlarm",
        {
            **dict.fromkeys(("namespace", "metricName", "statistic", "period")),
            "metricQueries": [{"id": "e", "expression": "1"}],
        },
        "one metric query must have returnData",
    ),
    ("ecs/cluster", {"name": "my shop"}, "letters, digits, hyphens"),
    ("ecs/cluster", {"settings": [{"name": "x", "value": "y"}]}, "Allowed: containerInsights"),
    (
        "ecs/clusterCapacityProviders",
        {"capacityProviders": ["EC2"]},
        "Allowed: FARGATE, FARGATE_SPOT",
    ),
    ("ecs/taskDefinition", {"cpu": "300"}, "cpu=300 is not valid. Allowed: 256, 512"),
    ("ecs/taskDefinition", {"memory": "4096"}, "Allowed: 512, 1024, 2048"),
    ("ecs/taskDefinition", {"requiresCompatibilities": ["LAMBDA"]}, "Allowed: FARGATE, EC2"),
    (
        "ecs/taskDefinition",
        {"runtimePlatform": {"operatingSystemFamily": "BSD"}},
        "Allowed: LINUX",
    ),
    ("ecs/taskDefinition", {"memory": None}, "Fargate needs both"),
    ("ecs/taskDefinition", {"networkMode": "bridge"}, "Allowed: awsvpc"),
    ("ecs/taskDefinition", {"containerDefinitions": "{"}, "containerDefinitions is not JSON"),
    ("ecs/taskDefinition", {"containerDefinitions": "[]"}, "at least one container"),
    (
        "ecs/taskDefinition",
        {"containerDefinitions": containers(image="Shop:1 ")},
        "is not a reference such as",
    ),
    (
        "ecs/taskDefinition",
        {"containerDefinitions": containers(essential=False)},
        "one container must be essential",
    ),
    (
        "ecs/taskDefinition",
        {"containerDefinitions": containers(portMappings=[{"containerPort": 0}])},
        "Allowed: 1 to 65535",
    ),
    (
        "ecs/taskDefinition",
        {"containerDefinitions": containers(mountPoints=[{"sourceVolume": "tmp"}])},
        "mountPoints.sourceVolume='tmp'",
    ),
    (
        "ecs/taskDefinition",
        {"containerDefinitions": containers(secrets=[{"name": "K", "valueFrom": "arn:x"}])},
        "need an executionRoleArn",
    ),
    (
        "ecs/taskDefinition",
        {"runtimePlatform": {"cpuArchitecture": "RISC"}},
        "Allowed: X86_64, ARM64",
    ),
    ("ecs/taskDefinition", {"ephemeralStorage": {"sizeInGib": 20}}, "Allowed: 21 to 200"),
    (
        "ecs/service",
        {"capacityProviderStrategies": [{"capacityProvider": "FARGATE", "weight": 1}]},
        "exclude each other",
    ),
    (
        "ecs/service",
        {
            "launchType": None,
            "capacityProviderStrategies": [{"capacityProvider": "FARGATE", "weight": 0}],
        },
        "needs a weight above 0",
    ),
    ("ecs/service", {"launchType": "EC2"}, "Allowed: FARGATE"),
    ("ecs/service", {"deploymentMaximumPercent": 100}, "nothing could be replaced"),
    ("ecs/service", {"healthCheckGracePeriodSeconds": 60}, "needs loadBalancers"),
    ("ecs/service", {"networkConfiguration": None}, "needs subnets"),
    ("ecs/service", {"networkConfiguration": {"subnets": []}}, "Allowed: 1 to 16"),
    ("ecs/service", {"propagateTags": "ALL"}, "Allowed: SERVICE"),
    ("ecs/service", {"name": "my shop"}, "name='my shop'"),
    ("ecs/service", {"desiredCount": 5001}, "Allowed: 0 to 5000"),
    ("ecs/service", {"availabilityZoneRebalancing": "ON"}, "Allowed: ENABLED, DISABLED"),
    ("ecs/service", {"deploymentMinimumHealthyPercent": 101}, "Allowed: 0 to 100"),
    (
        "ecs/service",
        {"networkConfiguration": {"subnets": ["s"], "securityGroups": list("abcdef")}},
        "Allowed: 0 to 5",
    ),
    ("ecs/taskDefinition", {"family": "my shop"}, "family='my shop'"),
    (
        "ecs/taskDefinition",
        {"containerDefinitions": containers(name="my web")},
        "containerDefinitions.name='my web'",
    ),
    ("lb/loadBalancer", {"subnets": ["subnet-1"]}, "at least two"),
    ("lb/loadBalancer", {"name": "x" * 33}, "up to 32 letters"),
    ("lb/loadBalancer", {"name": "internal-shop"}, "cannot begin with internal-"),
    ("lb/loadBalancer", {"namePrefix": "seven77"}, "longer than 6"),
    ("lb/loadBalancer", {"loadBalancerType": "network"}, "Allowed: application"),
    ("lb/loadBalancer", {"ipAddressType": "ipv6"}, "Allowed: ipv4, dualstack"),
    ("lb/loadBalancer", {"idleTimeout": 0}, "Allowed: 1 to 4000"),
    ("lb/targetGroup", {"healthCheck": {"timeout": 10, "interval": 10}}, "must be below"),
    ("lb/targetGroup", {"healthCheck": {"path": "health"}}, "begin with a slash"),
    ("lb/targetGroup", {"healthCheck": {"healthyThreshold": 1}}, "Allowed: 2 to 10"),
    ("lb/targetGroup", {"healthCheck": {"interval": 400}}, "Allowed: 5 to 300"),
    ("lb/targetGroup", {"healthCheck": {"timeout": 1}}, "Allowed: 2 to 120"),
    ("lb/targetGroup", {"healthCheck": {"unhealthyThreshold": 11}}, "Allowed: 2 to 10"),
    ("lb/targetGroup", {"healthCheck": {"protocol": "TCP"}}, "healthCheck.protocol='TCP'"),
    ("lb/targetGroup", {"name": "-web"}, "no hyphen at either end"),
    ("lb/targetGroup", {"port": 0}, "Allowed: 1 to 65535"),
    ("lb/targetGroup", {"protocolVersion": "GRPC"}, "Allowed: HTTP1"),
    ("lb/targetGroup", {"targetType": "lambda"}, "Allowed: ip, instance"),
    ("lb/targetGroup", {"stickiness": {"type": "source_ip"}}, "Allowed: lb_cookie, app_cookie"),
    ("lb/targetGroup", {"protocol": "TCP"}, "Allowed: HTTP"),
    ("lb/targetGroup", {"slowStart": 10}, "Allowed: 30 to 900"),
    ("lb/targetGroup", {"deregistrationDelay": 4000}, "Allowed: 0 to 3600"),
    ("lb/listener", {"port": 0}, "Allowed: 1 to 65535"),
    ("lb/listener", {"protocol": "TLS", "certificateArn": "arn:c"}, "Allowed: HTTP, HTTPS"),
    ("lb/listener", {"defaultActions": [{"type": "drop"}]}, "Allowed: forward, redirect"),
    ("lb/listener", {"protocol": "HTTPS"}, "HTTPS needs a certificate"),
    ("lb/listener", {"certificateArn": "arn:c"}, "HTTP takes none"),
    ("lb/listener", {"sslPolicy": "x"}, "sslPolicy needs protocol HTTPS"),
    ("lb/listener", {"defaultActions": []}, "defaultActions is empty"),
    ("lb/listener", {"defaultActions": [{"type": "forward"}]}, "needs target_group_arn"),
    (
        "lb/listener",
        {"defaultActions": [{"type": "redirect", "redirect": {"statusCode": "301"}}]},
        "Allowed: HTTP_301, HTTP_302",
    ),
    ("lb/listenerRule", {"priority": 50001}, "Allowed: 1 to 50000"),
    ("lb/listenerRule", {"actions": []}, "actions is empty"),
    ("lb/listenerRule", {"conditions": []}, "needs at least one"),
    ("lb/listenerRule", {"conditions": [{}]}, "exactly one kind"),
    (
        "lb/listenerRule",
        {"conditions": [{"pathPattern": {"values": list("abcdef")}}]},
        "at most five values",
    ),
    ("acm/certificate", {"domainName": "shop"}, "is not a domain name"),
    ("acm/certificate", {"validationMethod": "EMAIL"}, "Allowed: DNS"),
    ("route53/record", {"ttl": None}, "records need a ttl"),
    ("route53/record", {"records": None}, "either records with a ttl, or one alias"),
    ("route53/record", {"type": "B"}, "Allowed: A, AAAA"),
    (
        "servicediscovery/service",
        {"dnsConfig": {"namespaceId": "ns-1", "dnsRecords": []}},
        "either dnsConfig.namespaceId or namespaceId",
    ),
    ("appautoscaling/target", {"minCapacity": 3}, "minCapacity=3 is above maxCapacity=2"),
    ("appautoscaling/target", {"resourceId": "shop/web"}, "service/CLUSTER/SERVICE"),
    ("appautoscaling/target", {"serviceNamespace": "lambda"}, "Allowed: ecs"),
    ("appautoscaling/policy", {"policyType": "StepScaling"}, "Allowed: TargetTrackingScaling"),
    (
        "appautoscaling/policy",
        {"targetTrackingScalingPolicyConfiguration": {**TRACKING, "targetValue": 120}},
        "Allowed: 1 to 100",
    ),
    (
        "appautoscaling/policy",
        {
            "targetTrackingScalingPolicyConfiguration": {
                **TRACKING,
                "predefinedMetricSpecification": {
                    "predefinedMetricType": "ALBRequestCountPerTarget"
                },
            }
        },
        "app/NAME/ID/targetgroup/NAME/ID",
    ),
    (
        "appautoscaling/policy",
        {
            "targetTrackingScalingPolicyConfiguration": {
                **TRACKING,
                "predefinedMetricSpecification": {"predefinedMetricType": "Cpu"},
            }
        },
        "Allowed: ECSServiceAverageCPUUtilization",
    ),
    ("ssm/parameter", {"value": ""}, "value has 0 bytes"),
    ("ssm/parameter", {"value": "x" * 5000}, "tier Standard takes 1 to 4096"),
    ("ssm/parameter", {"keyId": "k"}, "needs type SecureString"),
    ("ssm/parameter", {"name": "a/b"}, "must begin with one"),
    ("ssm/parameter", {"name": "/aws/x"}, "cannot begin with aws"),
    ("ssm/parameter", {"allowedPattern": "^[0-9]+$"}, "does not match allowedPattern"),
    ("secretsmanager/secret", {"recoveryWindowInDays": 3}, "0 or 7 to 30"),
    ("secretsmanager/secret", {"name": "a b"}, "are taken"),
    ("kms/key", {"deletionWindowInDays": 3}, "Allowed: 7 to 30"),
    ("kms/key", {"policy": policy("kms:Encrypt")}, "Principal is missing"),
    ("kms/alias", {"name": "shop"}, "must begin with alias/"),
    ("kms/alias", {"name": "alias/aws/s3"}, "belongs to AWS"),
    ("sns/topicSubscription", {"endpoint": "https://x"}, "sqs needs an ARN"),
    ("sns/topicSubscription", {"protocol": "fax"}, "Allowed: sqs"),
    ("sns/topicSubscription", {"filterPolicyScope": "MessageBody"}, "needs filterPolicy"),
]


def _provider(short: str) -> tuple[str, Provider[Any]]:
    token = next(token for token in VALID if token.startswith(f"aws:{short}:"))
    return token, REGISTRY.providers[token](OFFLINE)


@pytest.mark.parametrize("token", VALID)
def test_plain_valid_inputs_pass(token: str) -> None:
    REGISTRY.providers[token](OFFLINE).check("thing", VALID[token])


@pytest.mark.parametrize(("short", "changes", "text"), REFUSED)
def test_what_aws_refuses_is_refused_before_anything_is_made(
    short: str, changes: dict[str, Any], text: str
) -> None:
    token, provider = _provider(short)
    given = {key: value for key, value in {**VALID[token], **changes}.items() if value is not None}
    with pytest.raises(ValueError, match=r"\w") as error:
        provider.check("thing", given)
    assert text in str(error.value)
