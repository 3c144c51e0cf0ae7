"""One spec, two runtimes: where each field of a WebApp lands, and that none is dropped."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from components.fargate import FargateWebService
from components.policy import allow
from components.testing import Deployment, deploy
from components.web_app import Domain, HealthCheck, Scaling, WebApp

from .helpers import (
    DEPLOYMENT,
    INVOKES,
    NODES,
    PARAMETER,
    POLICY,
    SCALER,
    SECRETS,
    SERVICE,
    container,
    placement,
    pod,
    refusal,
    settings,
    web,
)

ANNOTATION = "service.beta.kubernetes.io/aws-load-balancer-"


def fargate(app: dict[str, Any]) -> Deployment:
    args: Any = {"app": settings(app)["app"], "network": placement()}
    return deploy(lambda: FargateWebService("web", args), invokes=INVOKES)


def task(found: Deployment) -> dict[str, Any]:
    definition = found.one("aws:ecs/taskDefinition:TaskDefinition")
    return dict(json.loads(definition.inputs["containerDefinitions"])[0])


def target(found: Deployment) -> dict[str, Any]:
    return dict(found.one("aws:lb/targetGroup:TargetGroup").inputs)


def definition(found: Deployment, key: str) -> Any:
    return found.one("aws:ecs/taskDefinition:TaskDefinition").inputs[key]


def service(found: Deployment, key: str) -> Any:
    return found.one("aws:ecs/service:Service").inputs[key]


def scaling_policy(found: Deployment, name: str) -> Any:
    policy = found.one("aws:appautoscaling/policy:Policy", f"web-{name}").inputs
    return policy["targetTrackingScalingPolicyConfiguration"]["targetValue"]


def capacity(found: Deployment, key: str) -> Any:
    return found.one("aws:appautoscaling/target:Target").inputs[key]


def metric(found: Deployment, name: str) -> Any:
    (one,) = [
        item["resource"]
        for item in found.one(SCALER).inputs["spec"]["metrics"]
        if item["resource"]["name"] == name
    ]
    return one["target"]["averageUtilization"]


def probe(found: Deployment, which: str) -> dict[str, Any]:
    return dict(container(found)[f"{which}Probe"])


def annotation(found: Deployment, key: str) -> Any:
    return found.one(SERVICE).inputs["metadata"]["annotations"][ANNOTATION + key]


def role(found: Deployment, name: str) -> Any:
    policy = json.loads(found.one("aws:iam/rolePolicy:RolePolicy", name).inputs["policy"])
    return [statement["Action"] for statement in policy["Statement"]]


Look = Callable[[Deployment], Any]
IMAGE = "registry.example.com/other@sha256:" + "1" * 64
SLOW = {"interval_seconds": 15}
ZONE = {"name": "shop.example.com", "zone_id": "Z1"}
CERTIFIED = {**ZONE, "certificate_arn": "arn:c"}
SHELL = {"read_only_root": False, "exec": True}
READ = allow("s3:GetObject", "arn:aws:s3:::b/*")

# field, the app that sets it, where to look on Fargate and what is there, the same on Kubernetes
LANDS: list[tuple[str, dict[str, Any], Look, Any, Look, Any]] = [
    (
        "image",
        {"image": IMAGE},
        lambda f: task(f)["image"],
        IMAGE,
        lambda k: container(k)["image"],
        IMAGE,
    ),
    (
        "port",
        {"port": 8080},
        lambda f: (task(f)["portMappings"][0]["containerPort"], target(f)["port"]),
        (8080, 8080),
        lambda k: (
            container(k)["ports"],
            k.one(SERVICE).inputs["spec"]["ports"][0]["targetPort"],
            k.one(POLICY).inputs["spec"]["ingress"][0]["ports"][0]["port"],
        ),
        ([{"name": "http", "containerPort": 8080, "protocol": "TCP"}], "http", 8080),
    ),
    (
        "cpu",
        {"cpu": 512, "memory": 1024},
        lambda f: definition(f, "cpu"),
        "512",
        lambda k: [container(k)["resources"][key]["cpu"] for key in ("requests", "limits")],
        ["500m", "1000m"],
    ),
    (
        "memory",
        {"memory": 1024},
        lambda f: definition(f, "memory"),
        "1024",
        lambda k: [container(k)["resources"][key]["memory"] for key in ("requests", "limits")],
        ["1024Mi", "2048Mi"],
    ),
    (
        "architecture",
        {"architecture": "x86_64"},
        lambda f: definition(f, "runtimePlatform")["cpuArchitecture"],
        "X86_64",
        lambda k: (
            pod(k)["nodeSelector"]["kubernetes.io/arch"],
            k.one(NODES).inputs["amiType"],
            k.one(NODES).inputs["instanceTypes"],
        ),
        ("amd64", "AL2023_x86_64_STANDARD", ["t3.medium"]),
    ),
    (
        "replicas",
        {"replicas": 4},
        lambda f: service(f, "desiredCount"),
        4,
        lambda k: k.one(DEPLOYMENT).inputs["spec"]["replicas"],
        4,
    ),
    (
        "environment",
        {"environment": {"A": "b"}},
        lambda f: task(f)["environment"],
        [{"name": "A", "value": "b"}],
        lambda k: container(k)["env"],
        [{"name": "A", "value": "b"}],
    ),
    (
        "secrets",
        {"secrets": {"KEY": PARAMETER}},
        lambda f: task(f)["secrets"],
        [{"name": "KEY", "valueFrom": PARAMETER}],
        lambda k: (k.one(SECRETS).inputs["stringData"], container(k)["env"][0]["name"]),
        ({"KEY": f"value of {PARAMETER}"}, "KEY"),
    ),
    (
        "command",
        {"command": ["serve", "now"]},
        lambda f: task(f)["command"],
        ["serve", "now"],
        lambda k: (container(k)["args"], "command" in container(k)),
        (["serve", "now"], False),
    ),
    (
        "drain_seconds",
        {"drain_seconds": 45},
        lambda f: (task(f)["stopTimeout"], target(f)["deregistrationDelay"]),
        (45, 45),
        lambda k: (
            container(k)["lifecycle"]["preStop"]["sleep"]["seconds"],
            pod(k)["terminationGracePeriodSeconds"],
        ),
        (5, 50),
    ),
    (
        "permissions",
        {"permissions": [READ]},
        lambda f: role(f, "web-task"),
        [["s3:GetObject"]],
        lambda k: role(k, "web-pods"),
        [["s3:GetObject"]],
    ),
    (
        "read_only_root",
        {"read_only_root": False},
        lambda f: task(f)["readonlyRootFilesystem"],
        False,
        lambda k: container(k)["securityContext"]["readOnlyRootFilesystem"],
        False,
    ),
    (
        "exec",
        SHELL,
        lambda f: service(f, "enableExecuteCommand"),
        True,
        lambda k: (
            k.one("aws:eks/accessPolicyAssociation:AccessPolicyAssociation")
            .inputs["policyArn"]
            .rpartition("/")[2]
        ),
        "AmazonEKSEditPolicy",
    ),
    (
        "health.path",
        {"health": {"path": "/alive"}},
        lambda f: target(f)["healthCheck"]["path"],
        "/alive",
        lambda k: [
            probe(k, which)["httpGet"]["path"] for which in ("startup", "liveness", "readiness")
        ],
        ["/alive"] * 3,
    ),
    (
        "health.interval_seconds",
        {"health": SLOW},
        lambda f: target(f)["healthCheck"]["interval"],
        15,
        lambda k: [probe(k, which)["periodSeconds"] for which in ("liveness", "readiness")],
        [15, 15],
    ),
    (
        "health.timeout_seconds",
        {"health": {"timeout_seconds": 7}},
        lambda f: target(f)["healthCheck"]["timeout"],
        7,
        lambda k: [
            probe(k, which)["timeoutSeconds"] for which in ("startup", "liveness", "readiness")
        ],
        [7, 7, 7],
    ),
    (
        "health.healthy_threshold",
        {"health": {"healthy_threshold": 3}},
        lambda f: target(f)["healthCheck"]["healthyThreshold"],
        3,
        lambda k: probe(k, "readiness")["successThreshold"],
        3,
    ),
    (
        "health.unhealthy_threshold",
        {"health": {"unhealthy_threshold": 5}},
        lambda f: target(f)["healthCheck"]["unhealthyThreshold"],
        5,
        lambda k: [probe(k, which)["failureThreshold"] for which in ("liveness", "readiness")],
        [5, 5],
    ),
    (
        "health.grace_seconds",
        {"health": {"grace_seconds": 91}},
        lambda f: service(f, "healthCheckGracePeriodSeconds"),
        91,
        lambda k: (probe(k, "startup")["periodSeconds"], probe(k, "startup")["failureThreshold"]),
        (2, 46),
    ),
    (
        "health.success_codes",
        {"health": {"success_codes": "200-299"}},
        lambda f: target(f)["healthCheck"]["matcher"],
        "200-299",
        lambda k: refusal({"health": {"success_codes": "200-499"}}),
        "EksWebApp 'web': app.health.success_codes='200-499' is not valid. Allowed: codes from 200 "
        "to 399, which is what a probe of Kubernetes takes. Let app.health.path answer with 200 "
        "while the app lives.",
    ),
    (
        "scaling.min",
        {"scaling": {"min": 3}},
        lambda f: capacity(f, "minCapacity"),
        3,
        lambda k: k.one(SCALER).inputs["spec"]["minReplicas"],
        3,
    ),
    (
        "scaling.max",
        {"scaling": {"max": 7}},
        lambda f: capacity(f, "maxCapacity"),
        7,
        lambda k: k.one(SCALER).inputs["spec"]["maxReplicas"],
        7,
    ),
    (
        "scaling.cpu_percent",
        {"scaling": {"cpu_percent": 55}},
        lambda f: scaling_policy(f, "cpu"),
        55,
        lambda k: metric(k, "cpu"),
        55,
    ),
    (
        "scaling.memory_percent",
        {"scaling": {"memory_percent": 66}},
        lambda f: scaling_policy(f, "memory"),
        66,
        lambda k: metric(k, "memory"),
        66,
    ),
    (
        "domain.name",
        {"domain": CERTIFIED},
        lambda f: f.one("aws:route53/record:Record", "web-alias").inputs["name"],
        "shop.example.com",
        lambda k: (
            k.one("aws:route53/record:Record", "web-alias").inputs["name"],
            k.result["url"],
        ),
        ("shop.example.com", "https://shop.example.com"),
    ),
    (
        "domain.zone_id",
        {"domain": CERTIFIED},
        lambda f: f.one("aws:route53/record:Record", "web-alias").inputs["zoneId"],
        "Z1",
        lambda k: k.one("aws:route53/record:Record", "web-alias").inputs["zoneId"],
        "Z1",
    ),
    (
        "domain.certificate_arn",
        {"domain": CERTIFIED},
        lambda f: f.one("aws:lb/listener:Listener", "web-https").inputs["certificateArn"],
        "arn:c",
        lambda k: annotation(k, "ssl-cert"),
        "arn:c",
    ),
]
REFUSED = {"scaling.requests_per_target": {"scaling": {"requests_per_target": 100}}}
"""What only Fargate has, said in so many words."""


@pytest.mark.parametrize(
    ("app", "on_fargate", "there", "on_kubernetes", "here"),
    [row[1:] for row in LANDS],
    ids=[row[0] for row in LANDS],
)
def test_a_field_lands_in_both(
    app: dict[str, Any], on_fargate: Look, there: Any, on_kubernetes: Look, here: Any
) -> None:
    assert on_fargate(fargate(app)) == there
    operators = ["arn:aws:iam::1:role/operator"] if app.get("exec") else []
    assert on_kubernetes(web(app, operators=operators)) == here


@pytest.mark.parametrize("app", REFUSED.values(), ids=REFUSED)
def test_what_only_fargate_has_is_refused_and_not_dropped(app: dict[str, Any]) -> None:
    fargate(app)
    assert "app.scaling.requests_per_target=100 is not valid" in refusal(app)


def test_no_field_is_forgotten() -> None:
    nested = {"health": HealthCheck, "scaling": Scaling, "domain": Domain}
    fields = {key for key in WebApp.__annotations__ if key not in nested}
    for owner, shape in nested.items():
        fields |= {f"{owner}.{key}" for key in shape.__annotations__}
    assert {row[0] for row in LANDS} | REFUSED.keys() == fields
