"""What AWS refuses of everything but networks: type, inputs, words of the error."""

from typing import Any

from .valid import EXPIRE, EXPIRE_SELECTION, TRACKING, containers, rules, statement, trust
from .world import policy, resource_policy

UNSET = dict.fromkeys(("namespace", "metricName", "statistic", "period"))

REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("ecr/repository", {"name": "Shop"}, "lower-case letters"),
    ("ecr/repository", {"imageTagMutability": "FIXED"}, "Allowed: MUTABLE, IMMUTABLE"),
    ("ecr/repository", {"encryptionConfigurations": [{"kmsKey": "k"}]}, "needs encryptionType"),
    (
        "ecr/repository",
        {"encryptionConfigurations": [{}, {}]},
        "takes one entry",
    ),
    (
        "ecr/repository",
        {"encryptionConfigurations": [{"encryptionType": "ROT13"}]},
        "Allowed: AES256, KMS",
    ),
    (
        "ecr/lifecyclePolicy",
        {"policy": rules({**EXPIRE, "selection": {"tagStatus": "all"}})},
        "Allowed: tagged, untagged, any",
    ),
    (
        "ecr/lifecyclePolicy",
        {"policy": rules({**EXPIRE, "selection": {"tagStatus": "any", "countType": "age"}})},
        "Allowed: imageCountMoreThan",
    ),
    (
        "ecr/lifecyclePolicy",
        {"policy": rules({**EXPIRE, "selection": {**EXPIRE_SELECTION, "tagStatus": "tagged"}})},
        "has a tagPrefixList or tagPatternList",
    ),
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
    ("iam/role", {"assumeRolePolicy": trust(Principal=[])}, "nor an object"),
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
    ("cloudwatch/metricAlarm", {"evaluationPeriods": 0}, "Allowed: 1 to 1440"),
    (
        "cloudwatch/metricAlarm",
        {**UNSET, "metricQueries": [{"id": "e", "returnData": True}]},
        "needs either expression or metric",
    ),
    (
        "cloudwatch/metricAlarm",
        {
            **UNSET,
            "metricQueries": [
                {
                    "id": "e",
                    "returnData": True,
                    "metric": {"metricName": "M", "period": 45, "stat": "Sum"},
                }
            ],
        },
        "multiples of 60",
    ),
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
            **UNSET,
            "metricQueries": [{"id": "e", "expression": "1"}],
        },
        "one metric query must have returnData",
    ),
    ("ecs/cluster", {"name": "my shop"}, "letters, digits, hyphens"),
    (
        "ecs/cluster",
        {"settings": [{"name": "containerInsights", "value": "on"}]},
        "Allowed: enabled, disabled, enhanced",
    ),
    (
        "ecs/clusterCapacityProviders",
        {"defaultCapacityProviderStrategies": [{"capacityProvider": "FARGATE", "weight": 1}]},
        "capacityProvider='FARGATE'",
    ),
    (
        "ecs/clusterCapacityProviders",
        {
            "capacityProviders": ["FARGATE"],
            "defaultCapacityProviderStrategies": [{"capacityProvider": "FARGATE"}],
        },
        "needs a weight above 0",
    ),
    (
        "ecs/service",
        {
            "launchType": None,
            "capacityProviderStrategies": [
                {"capacityProvider": name, "weight": 1, "base": 1}
                for name in ("FARGATE", "FARGATE_SPOT")
            ],
        },
        "only one capacity provider",
    ),
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
    ("appautoscaling/target", {"minCapacity": 3}, "minCapacity=3 is above maxCapacity=2"),
    ("appautoscaling/target", {"minCapacity": -1}, "Allowed: 0 to 5000"),
    ("appautoscaling/target", {"scalableDimension": "x"}, "Allowed: ecs:service:DesiredCount"),
    ("appautoscaling/policy", {"resourceId": "shop"}, "service/CLUSTER/SERVICE"),
    (
        "appautoscaling/policy",
        {"targetTrackingScalingPolicyConfiguration": None},
        "targetTrackingScalingPolicyConfiguration is missing",
    ),
    (
        "appautoscaling/policy",
        {"targetTrackingScalingPolicyConfiguration": {**TRACKING, "scaleInCooldown": -1}},
        "scaleInCooldown=-1",
    ),
    (
        "appautoscaling/policy",
        {"targetTrackingScalingPolicyConfiguration": {**TRACKING, "scaleOutCooldown": -1}},
        "scaleOutCooldown=-1",
    ),
    (
        "appautoscaling/policy",
        {
            "targetTrackingScalingPolicyConfiguration": {
                "targetValue": 0,
                "predefinedMetricSpecification": {
                    "predefinedMetricType": "ALBRequestCountPerTarget",
                    "resourceLabel": "app/a/1/targetgroup/b/2",
                },
            }
        },
        "Allowed: 0.01",
    ),
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
    ("ssm/parameter", {"type": "Number"}, "Allowed: String, StringList, SecureString"),
    ("ssm/parameter", {"tier": "Gold"}, "Allowed: Standard, Advanced"),
    ("ssm/parameter", {"value": ""}, "value has 0 bytes"),
    ("ssm/parameter", {"value": "x" * 5000}, "tier Standard takes 1 to 4096"),
    ("ssm/parameter", {"keyId": "k"}, "needs type SecureString"),
    ("ssm/parameter", {"name": "a/b"}, "must begin with one"),
    ("ssm/parameter", {"name": "/aws/x"}, "cannot begin with aws"),
    ("ssm/parameter", {"allowedPattern": "^[0-9]+$"}, "does not match allowedPattern"),
    ("secretsmanager/secret", {"recoveryWindowInDays": 3}, "0 or 7 to 30"),
    ("secretsmanager/secret", {"name": "a b"}, "are taken"),
    ("kms/key", {"keyUsage": "SIGN_VERIFY"}, "Allowed: ENCRYPT_DECRYPT"),
    ("kms/key", {"deletionWindowInDays": 3}, "Allowed: 7 to 30"),
    ("kms/key", {"policy": policy("kms:Encrypt")}, "Principal is missing"),
    ("kms/alias", {"name": "shop"}, "must begin with alias/"),
    ("kms/alias", {"name": "alias/aws/s3"}, "belongs to AWS"),
    ("sns/topic", {"policy": policy("sns:Publish")}, "Principal is missing"),
    ("sns/topicSubscription", {"filterPolicy": "{"}, "filterPolicy is not JSON"),
    ("sns/topicSubscription", {"endpoint": "https://x"}, "sqs needs an ARN"),
    ("sns/topicSubscription", {"protocol": "fax"}, "Allowed: sqs"),
    ("sns/topicSubscription", {"filterPolicyScope": "MessageBody"}, "needs filterPolicy"),
]
