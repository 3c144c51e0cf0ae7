"""What a picture calls the resources of a program, and which of them are worth a line."""

from dataclasses import dataclass

FAMILIES = ("entry", "compute", "data", "messages", "network", "watch", "other")
"""What a resource is for; each has its colour."""


@dataclass(frozen=True)
class Kind:
    """What resources of one type are called."""

    family: str
    one: str
    many: str = ""
    """Where an s at the end will not do."""
    minor: bool = False
    """Counted in small print: every component has some."""

    def counted(self, count: int) -> str:
        """``3 functions``."""
        return f"{count} {self.one if count == 1 else self.many or self.one + 's'}"


KINDS = {
    # In the order in which a box lists them.
    "aws:lb/loadBalancer:LoadBalancer": Kind("entry", "load balancer"),
    "aws:apigateway/restApi:RestApi": Kind("entry", "REST API"),
    "aws:apigatewayv2/api:Api": Kind("entry", "HTTP API"),
    "aws:lambda/functionUrl:FunctionUrl": Kind("entry", "function URL"),
    "aws:ecs/service:Service": Kind("compute", "service"),
    "eks:index:Cluster": Kind("compute", "cluster"),
    "aws:eks/cluster:Cluster": Kind("compute", "cluster"),
    "aws:eks/nodeGroup:NodeGroup": Kind("compute", "node group"),
    "kubernetes:apps/v1:Deployment": Kind("compute", "deployment"),
    "aws:sfn/stateMachine:StateMachine": Kind("compute", "workflow"),
    "aws:lambda/function:Function": Kind("compute", "function"),
    "aws:dynamodb/table:Table": Kind("data", "table"),
    "aws:s3/bucket:Bucket": Kind("data", "bucket"),
    "aws:efs/fileSystem:FileSystem": Kind("data", "file system"),
    "aws:secretsmanager/secret:Secret": Kind("data", "secret"),
    "aws:ssm/parameter:Parameter": Kind("data", "parameter"),
    "aws:ecr/repository:Repository": Kind("data", "repository", "repositories"),
    "docker:index/image:Image": Kind("data", "image"),
    "aws:lambda/layerVersion:LayerVersion": Kind("data", "layer"),
    "aws:kinesis/stream:Stream": Kind("messages", "stream"),
    "aws:sqs/queue:Queue": Kind("messages", "queue"),
    "aws:sns/topic:Topic": Kind("messages", "topic"),
    "aws:cloudwatch/eventRule:EventRule": Kind("messages", "event rule"),
    "aws:scheduler/schedule:Schedule": Kind("messages", "schedule"),
    "aws:pipes/pipe:Pipe": Kind("messages", "pipe"),
    "aws:ec2/vpc:Vpc": Kind("network", "VPC"),
    "aws:ec2/subnet:Subnet": Kind("network", "subnet"),
    "aws:ec2/natGateway:NatGateway": Kind("network", "NAT gateway"),
    "aws:ec2/vpcEndpoint:VpcEndpoint": Kind("network", "endpoint"),
    "aws:acm/certificate:Certificate": Kind("network", "certificate"),
    "aws:cloudwatch/dashboard:Dashboard": Kind("watch", "dashboard"),
    "aws:cloudwatch/compositeAlarm:CompositeAlarm": Kind("watch", "composite alarm"),
    "aws:cloudwatch/logMetricFilter:LogMetricFilter": Kind("watch", "metric filter"),
    "aws:cloudwatch/queryDefinition:QueryDefinition": Kind("watch", "saved query", "saved queries"),
    "aws:xray/group:Group": Kind("watch", "trace group"),
    "aws:cloudwatch/metricAlarm:MetricAlarm": Kind("watch", "alarm", minor=True),
    "aws:cloudwatch/logGroup:LogGroup": Kind("watch", "log group", minor=True),
    "aws:iam/role:Role": Kind("other", "role", minor=True),
}
"""By type; what is missing here is counted, and not named."""

WATCHING = frozenset(
    {
        "aws:cloudwatch/compositeAlarm:CompositeAlarm",
        "aws:cloudwatch/dashboard:Dashboard",
        "aws:cloudwatch/logMetricFilter:LogMetricFilter",
        "aws:cloudwatch/metricAlarm:MetricAlarm",
        "aws:cloudwatch/queryDefinition:QueryDefinition",
        "aws:xray/group:Group",
    }
)
"""Types that look at others; no data flow through them."""

TRIGGERS = {
    "aws:cloudwatch/eventTarget:EventTarget": ("rule",),
    "aws:lambda/eventSourceMapping:EventSourceMapping": ("eventSourceArn",),
    "aws:lambda/permission:Permission": ("sourceArn",),
    "aws:pipes/pipe:Pipe": ("source",),
    "aws:s3/bucketNotification:BucketNotification": ("bucket",),
    "aws:sns/topicSubscription:TopicSubscription": ("topic",),
    "aws:sqs/queuePolicy:QueuePolicy": ("policy",),
}
"""Properties that name where data come from: they flow against the dependency."""

SUPPORTS = {
    "aws:ecr/repository:Repository": "image",
    "docker:index/image:Image": "image",
    "aws:lambda/layerVersion:LayerVersion": "layer",
    "aws:ec2/vpc:Vpc": "network",
    "aws:ec2/subnet:Subnet": "network",
    "aws:ec2/routeTable:RouteTable": "network",
}
"""What others are made of or placed in: no data, and from it to them."""

FLOWS = {
    "aws:sfn/stateMachine:StateMachine": "starts",
    "aws:sfn/alias:Alias": "starts",
    "aws:lambda/function:Function": "calls",
    "aws:lambda/alias:Alias": "calls",
    "aws:lambda/functionUrl:FunctionUrl": "calls",
    "aws:apigateway/restApi:RestApi": "calls API",
    "aws:apigateway/deployment:Deployment": "calls API",
    "aws:apigateway/stage:Stage": "calls API",
    "aws:apigatewayv2/api:Api": "calls API",
    "aws:apigatewayv2/stage:Stage": "calls API",
    "aws:lb/loadBalancer:LoadBalancer": "calls",
    "aws:dynamodb/table:Table": "table",
    "aws:s3/bucket:Bucket": "objects",
    "aws:kinesis/stream:Stream": "records",
    "aws:sqs/queue:Queue": "messages",
    "aws:sns/topic:Topic": "messages",
    "aws:cloudwatch/eventRule:EventRule": "events",
    "aws:secretsmanager/secret:Secret": "secret",
    "aws:ssm/parameter:Parameter": "parameter",
}
"""What an arrow to a resource of another component says."""

ENTRIES = {
    "aws:lb/loadBalancer:LoadBalancer": ("internet", "HTTP"),
    "kubernetes:core/v1:Service": ("internet", "HTTP"),
    "aws:apigateway/restApi:RestApi": ("internet", "API"),
    "aws:apigatewayv2/api:Api": ("internet", "API"),
    "aws:lambda/functionUrl:FunctionUrl": ("internet", "URL"),
    "aws:scheduler/schedule:Schedule": ("clock", "schedule"),
}
"""Who calls from outside the program, and how."""
