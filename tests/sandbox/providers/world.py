"""What the provider tests stand on: one embedded cloud, and resources that others need."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sandbox.providers import Registry, discover
from sandbox.providers.base import Context, Outputs

if TYPE_CHECKING:
    from .estate import Estate

TRUST = (
    '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", '
    '"Principal": {"Service": "ecs-tasks.amazonaws.com"}}]}'
)


def policy(action: str, resource: str = "arn:aws:s3:::photos/*") -> str:
    """An identity policy that allows one action."""
    return (
        '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", '
        f'"Action": "{action}", "Resource": "{resource}"}}]}}'
    )


def resource_policy(action: str) -> str:
    """A resource policy that lets the account itself in."""
    return (
        '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": '
        f'{{"AWS": "arn:aws:iam::123456789012:root"}}, "Action": "{action}", '
        '"Resource": "*"}]}'
    )


@dataclass
class World:
    """Makes resources by provider and looks at them with boto3."""

    context: Context
    registry: Registry = field(default_factory=discover)

    def client(self, service: str) -> Any:
        return self.context.client(service)

    def provider(self, token: str) -> Any:
        return self.registry.providers[token](self.context)

    def make(self, token: str, name: str = "thing", /, **properties: Any) -> tuple[str, Outputs]:
        provider = self.provider(token)
        id, outputs = provider.create(name, provider.check(name, properties))
        return id, outputs

    @cached_property
    def vpc(self) -> str:
        return self.make("aws:ec2/vpc:Vpc", cidrBlock="10.0.0.0/16")[0]

    @cached_property
    def other_vpc(self) -> str:
        return self.make("aws:ec2/vpc:Vpc", cidrBlock="10.2.0.0/16")[0]

    @cached_property
    def subnets(self) -> list[str]:
        return [
            self.make(
                "aws:ec2/subnet:Subnet",
                vpcId=self.vpc,
                cidrBlock=f"10.0.{index}.0/24",
                availabilityZone=f"us-east-1{zone}",
            )[0]
            for index, zone in enumerate("abc")
        ]

    @cached_property
    def gateway(self) -> str:
        return self.make("aws:ec2/internetGateway:InternetGateway")[0]

    @cached_property
    def route_tables(self) -> list[str]:
        return [self.make("aws:ec2/routeTable:RouteTable", vpcId=self.vpc)[0] for _ in "ab"]

    @cached_property
    def address(self) -> str:
        return self.make("aws:ec2/eip:Eip")[0]

    @cached_property
    def groups(self) -> list[str]:
        return [
            self.make("aws:ec2/securityGroup:SecurityGroup", f"group-{side}", vpcId=self.vpc)[0]
            for side in "ab"
        ]

    @cached_property
    def role(self) -> Outputs:
        return self.make("aws:iam/role:Role", "worker", assumeRolePolicy=TRUST)[1]

    @cached_property
    def policies(self) -> list[str]:
        return [
            self.make("aws:iam/policy:Policy", f"p-{action[-3:]}", policy=policy(action))[0]
            for action in ("s3:GetObject", "s3:PutObject")
        ]

    @cached_property
    def repository(self) -> Outputs:
        return self.make("aws:ecr/repository:Repository", "shop", forceDelete=True)[1]

    @cached_property
    def cluster(self) -> Outputs:
        return self.make("aws:ecs/cluster:Cluster", "cluster")[1]

    @cached_property
    def task_definitions(self) -> list[str]:
        container = '[{"name": "web", "image": "127.0.0.1:1/none:1"}]'
        return [
            self.make(
                "aws:ecs/taskDefinition:TaskDefinition",
                family="world",
                containerDefinitions=container,
                cpu="256",
                memory="512",
                networkMode="awsvpc",
                requiresCompatibilities=["FARGATE"],
            )[1]["arn"]
            for _ in "ab"
        ]

    @cached_property
    def balancer(self) -> Outputs:
        return self.make("aws:lb/loadBalancer:LoadBalancer", "world", subnets=self.subnets[:2])[1]

    @cached_property
    def target_groups(self) -> list[str]:
        return [
            self.make(
                "aws:lb/targetGroup:TargetGroup",
                f"world-{side}",
                port=80,
                protocol="HTTP",
                targetType="ip",
                vpcId=self.vpc,
            )[0]
            for side in "ab"
        ]

    @cached_property
    def certificates(self) -> list[str]:
        return [
            self.make("aws:acm/certificate:Certificate", domainName=f"{side}.example.com")[0]
            for side in "ab"
        ]

    @cached_property
    def asked_names(self) -> list[str]:
        """The names that ACM wants to see records of, for the first certificate."""
        acm = self.client("acm")
        certificate = acm.describe_certificate(CertificateArn=self.certificates[0])["Certificate"]
        options = certificate["DomainValidationOptions"]
        return [option["ResourceRecord"]["Name"] for option in options]

    @cached_property
    def scaled(self) -> str:
        """A service, as Application Auto Scaling names it."""
        service = self.make(
            "aws:ecs/service:Service",
            "scaled",
            cluster=self.cluster["arn"],
            taskDefinition=self.task_definitions[0],
            launchType="FARGATE",
            networkConfiguration={"subnets": self.subnets[:1]},
        )[1]
        return f"service/{self.cluster['name']}/{service['name']}"

    def listener(self, port: int, **properties: Any) -> str:
        """A listener that forwards to the first target group."""
        return self.make(
            "aws:lb/listener:Listener",
            loadBalancerArn=self.balancer["arn"],
            port=port,
            defaultActions=[{"type": "forward", "targetGroupArn": self.target_groups[0]}],
            **properties,
        )[0]

    @cached_property
    def http_listener(self) -> str:
        return self.listener(8081)

    @cached_property
    def served_group(self) -> str:
        """A target group behind a listener, as ECS wants it."""
        assert self.http_listener
        return self.target_groups[0]

    @cached_property
    def https_listener(self) -> str:
        return self.listener(8443, protocol="HTTPS", certificateArn=self.certificates[0])

    @cached_property
    def zone(self) -> str:
        return self.make("aws:route53/zone:Zone", name="world.example.com", forceDestroy=True)[0]

    @cached_property
    def namespace(self) -> str:
        return self.make("aws:servicediscovery/httpNamespace:HttpNamespace", name="world")[0]

    @cached_property
    def discovery(self) -> str:
        service = self.make(
            "aws:servicediscovery/service:Service", name="web", namespaceId=self.namespace
        )
        return str(service[1]["arn"])

    @cached_property
    def keys(self) -> list[str]:
        return [self.make("aws:kms/key:Key", f"key-{side}")[0] for side in "ab"]

    @cached_property
    def secret(self) -> str:
        return self.make("aws:secretsmanager/secret:Secret", "s", recoveryWindowInDays=0)[0]

    @cached_property
    def topic(self) -> str:
        return self.make("aws:sns/topic:Topic", "world")[0]

    @cached_property
    def estate(self) -> "Estate":
        """What EKS needs."""
        from .estate import Estate

        return Estate(self)


Properties = Callable[[World], dict[str, Any]]
Look = Callable[[World, str, Outputs], Mapping[str, Any] | None]


@dataclass(frozen=True)
class Case:
    """The life of one resource, and what boto3 must see of it."""

    token: str
    first: Properties
    """Wire inputs to create it with."""
    look: Look
    """What boto3 sees; None when there is nothing."""
    seen: Properties
    """What it must see after the creation (a part of it)."""
    then: Properties | None = None
    """Wire inputs to update it with in place, over the first ones."""
    seen_then: Properties | None = None
    stays: bool = False
    """The resource outlives its deletion, on AWS as here."""
    label: str = ""

    def __str__(self) -> str:
        return self.token.split(":")[-1] + (f"-{self.label}" if self.label else "")


def tags_of(items: list[dict[str, str]], key: str = "Key", value: str = "Value") -> dict[str, str]:
    """A list of tags as a mapping."""
    return {item[key]: item[value] for item in items}
