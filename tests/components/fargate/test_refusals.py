"""What is refused before anything exists, and in which words."""

from typing import Any

import pytest

from components.fargate import FargateWebService, clients
from components.fargate.sizes import SIZES
from components.testing import deploy

from .helpers import placement, refusal, settings, web

ECR = "123456789012.dkr.ecr.us-east-1.amazonaws.com/web@sha256:0"
SHARED: dict[str, Any] = {
    "listener_arn": "arn:l",
    "load_balancer_arn_suffix": "app/x/1",
    "load_balancer_security_group_id": "sg-x",
    "load_balancer_dns_name": "x.example.com",
    "load_balancer_zone_id": "ZX",
    "url": "http://x.example.com",
}


def attach(**more: Any) -> dict[str, Any]:
    return {"to": SHARED, "priority": 1, **more}


@pytest.mark.parametrize(
    ("app", "words"),
    [
        (
            {"cpu": 300, "memory": 512},
            "app.cpu=300 is not valid. Allowed: 256, 512, 1024, 2048, 4096, 8192, 16384 CPU units "
            "on Fargate. Nearest: cpu=256 memory=512 or cpu=512 memory=1024.",
        ),
        (
            {"cpu": 256, "memory": 4096},
            "app.memory=4096 is not valid. Allowed: with cpu=256, 512, 1024, 2048 MiB on Fargate. "
            "Nearest: cpu=256 memory=2048 or cpu=512 memory=4096.",
        ),
        (
            {"cpu": 8192, "memory": 17408},
            "app.memory=17408 is not valid. Allowed: with cpu=8192, 16384 to 61440 in steps of "
            "4096 MiB on Fargate. Nearest: cpu=8192 memory=16384 or cpu=8192 memory=20480.",
        ),
        ({"cpu": 16384, "memory": 999999}, "Nearest: cpu=16384 memory=122880."),
        ({"port": 70000}, "app.port=70000 is not valid. Allowed: whole numbers from 1 to 65535."),
        ({"exec": True}, "app.exec=True needs a writable root file system"),
        ({"scaling": {"min": 5, "max": 3}}, "app.scaling.min=5 is not valid."),
        ({"domain": {"certificate_arn": "arn:c"}}, "a certificate is given without a domain"),
        ({"drain_seconds": 300}, "app.drain_seconds=300 is not valid."),
        (
            {"health": {"timeout_seconds": 10, "interval_seconds": 10}},
            "app.health.timeout_seconds=10 is not valid.",
        ),
        ({"prot": 80}, "unknown argument 'app.prot'. Did you mean 'app.port'?"),
        (
            {"image": ECR},
            f"execution_permissions=[] is not valid. Allowed: permissions to pull {ECR} from a "
            "private repository. Next step: pass ContainerImage.pull_policy() of that image.",
        ),
    ],
)
def test_an_app_that_fargate_cannot_run_is_refused(app: dict[str, Any], words: str) -> None:
    text = refusal(app)
    assert text.startswith("FargateWebService 'web': ")
    assert words in text


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (
            {"spot_percentage": 5},
            "unknown argument 'spot_percentage'. Did you mean 'spot_percent'?",
        ),
        ({"spot_percent": 101}, "spot_percent=101 is not valid. Allowed: whole numbers from 0 to"),
        (
            {"on_demand_base": 1},
            "on_demand_base=1 is not valid. Allowed: with spot_percent above 0",
        ),
        (
            {"log_retention_days": 31},
            "log_retention_days=31 is not valid. Allowed: 1, 3, 5, 7, 14, 30, 60,",
        ),
        ({"log_retention_days": 31}, "Nearest: 30."),
        (
            {"container_insights": "enhance"},
            "container_insights='enhance' is not valid. Allowed: 'off', 'on', 'enhanced'. "
            "Did you mean 'enhanced'?",
        ),
        ({"cluster_arn": "arn:c"}, "cluster_name=None is not valid. Allowed: given together with"),
        ({"cluster_name": "c"}, "cluster_arn=None is not valid."),
        (
            {"cluster_arn": "arn:c", "cluster_name": "c", "container_insights": "on"},
            "container_insights='on' is not valid. Allowed: without cluster_arn.",
        ),
        ({"rollout_timeout_seconds": 10}, "rollout_timeout_seconds=10 is not valid."),
        ({"before_deploy": {"command": []}}, "before_deploy.command=[] is not valid."),
        (
            {"before_deploy": {"command": ["x"], "timeout_seconds": 1}},
            "before_deploy.timeout_seconds=1 is not valid. Allowed: whole numbers from 30 to 3600",
        ),
        ({"discovery": {"namespace": "-"}}, "discovery.namespace='-' is not valid."),
        ({"attach": attach(priority=0)}, "attach.priority=0 is not valid."),
        ({"attach": attach(priority=50001)}, "attach.priority=50001 is not valid. Allowed: whole"),
        ({"attach": attach()}, "attach=[] is not valid. Allowed: 1 to 5 path_patterns"),
        (
            {"attach": attach(path_patterns=["/" + letter for letter in "abcdef"])},
            "Allowed: 1 to 5 path_patterns and host_headers together.",
        ),
        (
            {"attach": attach(path_patterns=["/a/*/*/*", "/b/*/*/*"])},
            "Allowed: 5 wildcards, not 6.",
        ),
        ({"attach": attach(path_patterns=["api/*"])}, "attach.path_patterns='api/*' is not valid."),
        (
            {"attach": attach(path_patterns=["/" + "a" * 128])},
            "Allowed: a path such as /api/*, at most 128 characters.",
        ),
        ({"attach": attach(host_headers=["local"])}, "attach.host_headers='local' is not valid."),
        (
            {"attach": attach(path_patterns=["/a"]), "deletion_protection": True},
            "deletion_protection=True is not valid.",
        ),
        (
            {"network": {**placement(), "public_subnet_ids": ["subnet-a"]}},
            "network.public_subnet_ids=1 is not valid. Allowed: at least 2 subnets",
        ),
        (
            {"network": {**placement("single"), "private_subnet_ids": []}},
            "network.private_subnet_ids=[] is not valid.",
        ),
    ],
)
def test_a_mistake_is_answered_in_one_message(args: dict[str, Any], words: str) -> None:
    text = refusal(**args)
    assert text.startswith("FargateWebService 'web': ")
    assert words in text


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("a-name-that-is-just-too-long", "Allowed: at most 24 characters, not 28."),
        ("internal-web", "name='internal-web' is not valid."),
        ("1web", "name='1web' is not valid."),
        ("web_app", "name='web_app' is not valid."),
    ],
)
def test_a_name_that_a_load_balancer_cannot_have_is_refused(name: str, words: str) -> None:
    assert words in refusal(name=name)


def test_every_size_that_fargate_sells_is_accepted() -> None:
    assert sum(len(sizes) for sizes in SIZES.values()) == 3 + 4 + 7 + 13 + 23 + 12 + 12
    for cpu, sizes in SIZES.items():
        web({"cpu": cpu, "memory": sizes[-1]})


def test_two_services_cannot_have_one_priority_on_one_listener() -> None:
    def program() -> None:
        owner = FargateWebService("owner", settings())
        for name in ("one", "two"):
            FargateWebService(
                name,
                settings(attach=attach(to=owner.attachment, path_patterns=[f"/{name}"])),
            )

    with pytest.raises(ValueError, match=r"'one' has this one\. Next step: take another, .* 2"):
        deploy(program)


def test_a_priority_is_free_again_on_another_listener_and_in_another_run() -> None:
    def program() -> None:
        for owner in ("left", "right"):
            service = FargateWebService(owner, settings())
            FargateWebService(
                f"{owner}-api",
                settings(attach=attach(to=service.attachment, path_patterns=["/api"])),
            )

    deploy(program)
    web(attach=attach(path_patterns=["/a"]))
    web(attach=attach(path_patterns=["/a"]))


def test_a_known_listener_arn_is_the_same_listener() -> None:
    def program() -> None:
        for name in ("one", "two"):
            shared = {**SHARED, "listener_arn": "".join(["arn:", "listener"])}
            FargateWebService(name, settings(attach=attach(to=shared, path_patterns=[f"/{name}"])))

    with pytest.raises(ValueError, match="'one' has this one"):
        deploy(program)


def test_an_attached_domain_needs_an_https_listener() -> None:
    text = refusal({"domain": {"name": "api.example.com", "zone_id": "Z1"}}, attach=attach())
    assert "only where the shared listener speaks HTTPS" in text


@pytest.mark.parametrize(
    "args", [{"explain_rollouts": True}, {"before_deploy": {"command": ["migrate"]}}]
)
def test_what_needs_boto3_says_so_where_it_is_missing(
    args: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clients, "available", lambda: False)
    text = refusal(**args)
    assert next(iter(args)) in text
    assert "pip install 'slipway[hooks]'" in text


def test_floats_from_other_languages_are_whole_numbers() -> None:
    deployment = web(
        {"port": 8080.0, "cpu": 512.0, "memory": 1024.0},
        spot_percent=50.0,
        log_retention_days=7.0,
    )
    definition = deployment.one("aws:ecs/taskDefinition:TaskDefinition").inputs
    assert (definition["cpu"], definition["memory"]) == ("512", "1024")
