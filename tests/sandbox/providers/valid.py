"""Plain valid inputs of every type that is checked offline, and how to bend them."""

import json
from collections.abc import Mapping
from typing import Any

from .world import TRUST, policy, resource_policy

SCALED = {
    "resourceId": "service/shop/web",
    "scalableDimension": "ecs:service:DesiredCount",
    "serviceNamespace": "ecs",
}
RULE = {
    "securityGroupId": "sg-1",
    "ipProtocol": "tcp",
    "fromPort": 80,
    "toPort": 80,
    "cidrIpv4": "10.0.0.0/8",
}
TASK = {
    "family": "shop",
    "containerDefinitions": '[{"name": "web", "image": "shop:1"}]',
    "cpu": "256",
    "memory": "512",
    "networkMode": "awsvpc",
    "requiresCompatibilities": ["FARGATE"],
}
GROUP = {"port": 80, "protocol": "HTTP", "targetType": "ip", "vpcId": "vpc-1"}
FORWARD = [{"type": "forward", "targetGroupArn": "arn:x"}]
LISTENER = {"loadBalancerArn": "arn:lb", "port": 80, "defaultActions": FORWARD}
LISTENER_RULE = {
    "listenerArn": "arn:l",
    "actions": FORWARD,
    "conditions": [{"pathPattern": {"values": ["/"]}}],
}
BALANCER = {"subnets": ["subnet-1", "subnet-2"]}
SERVICE = {
    "taskDefinition": "arn:td",
    "launchType": "FARGATE",
    "networkConfiguration": {"subnets": ["subnet-1"]},
}
ALARM = {
    "comparisonOperator": "GreaterThanThreshold",
    "evaluationPeriods": 1,
    "threshold": 1,
    "namespace": "N",
    "metricName": "M",
    "statistic": "Sum",
    "period": 60,
}
TRACKING = {
    "targetValue": 70,
    "predefinedMetricSpecification": {"predefinedMetricType": "ECSServiceAverageCPUUtilization"},
}
SCALING = {
    **SCALED,
    "policyType": "TargetTrackingScaling",
    "targetTrackingScalingPolicyConfiguration": TRACKING,
}
EXPIRE_SELECTION = {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 5}
EXPIRE = {
    "rulePriority": 1,
    "selection": EXPIRE_SELECTION,
    "action": {"type": "expire"},
}
RECORD = {"zoneId": "Z", "name": "www", "type": "A", "ttl": 60, "records": ["192.0.2.1"]}
ENDPOINT = {"vpcId": "vpc-1", "serviceName": "com.amazonaws.us-east-1.s3"}
NAT = {"subnetId": "subnet-1", "allocationId": "eipalloc-1"}
ROUTE = {"routeTableId": "rtb-1", "destinationCidrBlock": "0.0.0.0/0", "gatewayId": "igw-1"}
SUBNET = {"vpcId": "vpc-1", "cidrBlock": "10.0.0.0/24"}
PARAMETER = {"type": "String", "value": "x"}


def trust(**changes: Any) -> str:
    document = json.loads(TRUST)
    document["Statement"][0].update(changes)
    return json.dumps(document)


def statement(**changes: Any) -> str:
    """A policy of one statement, without a resource unless given."""
    return json.dumps({"Statement": [{"Effect": "Allow", "Action": "s3:Get*", **changes}]})


def rules(*given: Mapping[str, Any]) -> str:
    return json.dumps({"rules": given})


def containers(**changes: Any) -> str:
    return json.dumps([{"name": "web", "image": "shop:1", **changes}])


VALID: dict[str, dict[str, Any]] = {
    "aws:ec2/vpc:Vpc": {"cidrBlock": "10.0.0.0/16"},
    "aws:ec2/subnet:Subnet": SUBNET,
    "aws:ec2/vpcEndpoint:VpcEndpoint": ENDPOINT,
    "aws:ec2/natGateway:NatGateway": NAT,
    "aws:ec2/eip:Eip": {},
    "aws:ec2/route:Route": ROUTE,
    "aws:ec2/routeTable:RouteTable": {"vpcId": "vpc-1"},
    "aws:ec2/securityGroup:SecurityGroup": {"vpcId": "vpc-1"},
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": {"vpcId": "vpc-1"},
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": RULE,
    "aws:ecr/repository:Repository": {},
    "aws:ecr/lifecyclePolicy:LifecyclePolicy": {"repository": "r", "policy": rules(EXPIRE)},
    "aws:ecr/repositoryPolicy:RepositoryPolicy": {
        "repository": "r",
        "policy": resource_policy("ecr:BatchGetImage"),
    },
    "aws:iam/role:Role": {"assumeRolePolicy": TRUST},
    "aws:iam/rolePolicy:RolePolicy": {"role": "r", "policy": policy("s3:GetObject")},
    "aws:iam/policy:Policy": {"policy": policy("s3:GetObject")},
    "aws:cloudwatch/logGroup:LogGroup": {},
    "aws:cloudwatch/metricAlarm:MetricAlarm": ALARM,
    "aws:ecs/cluster:Cluster": {},
    "aws:ecs/clusterCapacityProviders:ClusterCapacityProviders": {"clusterName": "c"},
    "aws:ecs/taskDefinition:TaskDefinition": TASK,
    "aws:ecs/service:Service": SERVICE,
    "aws:lb/loadBalancer:LoadBalancer": BALANCER,
    "aws:lb/targetGroup:TargetGroup": GROUP,
    "aws:lb/listener:Listener": LISTENER,
    "aws:lb/listenerRule:ListenerRule": LISTENER_RULE,
    "aws:acm/certificate:Certificate": {"domainName": "shop.example.com"},
    "aws:route53/record:Record": RECORD,
    "aws:servicediscovery/service:Service": {"name": "web", "namespaceId": "ns-1"},
    "aws:appautoscaling/target:Target": {**SCALED, "minCapacity": 1, "maxCapacity": 2},
    "aws:appautoscaling/policy:Policy": SCALING,
    "aws:ssm/parameter:Parameter": PARAMETER,
    "aws:secretsmanager/secret:Secret": {},
    "aws:kms/key:Key": {},
    "aws:kms/alias:Alias": {"targetKeyId": "k"},
    "aws:sns/topic:Topic": {},
    "aws:sns/topicSubscription:TopicSubscription": {
        "topic": "arn:t",
        "protocol": "sqs",
        "endpoint": "arn:q",
    },
}
