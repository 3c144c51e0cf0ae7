"""The web app as every runtime takes it: defaults, and the mistakes that it refuses."""

from typing import Any

import pulumi
import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.policy import allow
from components.testing import deploy
from components.web_app import ResolvedHealthCheck, ResolvedScaling, ResolvedWebApp, resolve

ARN = "arn:aws:ssm:us-east-1:123456789012:parameter/key"


def resolved(**app: Any) -> ResolvedWebApp:
    return resolve("FargateWebService", "shop", {"image": "shop@sha256:1", **app})  # type: ignore[typeddict-item]


def test_an_image_is_all_that_one_must_say() -> None:
    app = resolved()
    assert app == ResolvedWebApp(
        image="shop@sha256:1",
        port=5000,
        cpu=256,
        memory=512,
        architecture="arm64",
        replicas=2,
        environment={},
        secrets={},
        command=None,
        health=ResolvedHealthCheck("/health", 10, 5, 2, 3, 60, "200"),
        drain_seconds=30,
        scaling=None,
        domain=None,
        permissions=[],
        read_only_root=True,
        exec=False,
    )


def test_scaling_is_on_when_it_is_given_with_decent_bounds() -> None:
    assert resolved(scaling={}).scaling == ResolvedScaling(2, 10, 70, None, None)


def test_numbers_from_other_languages_become_integers() -> None:
    app = resolved(port=8080.0, health={"grace_seconds": 90.0}, scaling={"max": 4.0})
    assert app.scaling is not None
    for number in (app.port, app.health.grace_seconds, app.scaling.max):
        assert isinstance(number, int)


def test_none_means_not_given() -> None:
    assert resolved(port=None, scaling=None, domain=None, health=None, command=None) == resolved()


def test_what_is_given_is_kept() -> None:
    statement = allow("s3:GetObject", "arn:aws:s3:::b/*")
    app = resolved(
        command=["flask", "run"],
        environment={"A": "b"},
        secrets={"KEY": ARN},
        permissions=[statement],
        domain={"name": "shop.example.com.", "zone_id": "Z1", "certificate_arn": "arn:c"},
        read_only_root=False,
        exec=True,
        architecture="x86_64",
    )
    assert app.command == ["flask", "run"]
    assert app.environment == {"A": "b"}
    assert app.secrets == {"KEY": ARN}
    assert app.permissions == [statement]
    assert app.domain is not None
    assert (app.domain.name, app.domain.certificate_arn) == ("shop.example.com", "arn:c")
    assert (app.exec, app.architecture) == (True, "x86_64")


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"port": 0}, "app.port=0 is not valid. Allowed: whole numbers from 1 to 65535. Nearest: 1."),
    ({"port": 65536}, "app.port=65536 is not valid. Allowed: whole numbers from 1 to 65535."),
    ({"port": "80"}, "app.port='80' is not valid"),
    ({"prot": 80}, "unknown argument 'app.prot'. Did you mean 'app.port'?"),
    ({"health": {"pth": "/"}}, "unknown argument 'app.health.pth'. Did you mean 'app.health.path'"),
    ({"replicas": -1}, "app.replicas=-1 is not valid. Allowed: 0 or more."),
    ({"cpu": 0}, "app.cpu=0 is not valid"),
    ({"memory": 0}, "app.memory=0 is not valid"),
    ({"image": ""}, "app.image='' is not valid. Allowed: an image reference"),
    ({"image": "a b"}, "app.image='a b' is not valid"),
    ({"image": None}, "missing required argument 'app.image'"),
    ({"architecture": "amd64"}, "Allowed: 'arm64', 'x86_64'. Write 'x86_64'."),
    ({"architecture": "aarch64"}, "app.architecture='aarch64' is not valid.*Write 'arm64'"),
    ({"architecture": "arm46"}, "app.architecture='arm46' is not valid.*Did you mean 'arm64'"),
    ({"exec": True}, "Set app.read_only_root=False to open shells, or app.exec=False"),
    (
        {"scaling": {"min": 5, "max": 3}},
        "app.scaling.min=5 is not valid. Allowed: 0 to app.scaling.max (3). Lower min to 3, or "
        "raise max to 5.",
    ),
    ({"scaling": {"min": -1}}, "app.scaling.min=-1 is not valid"),
    ({"scaling": {"max": 0}}, "app.scaling.max=0 is not valid"),
    ({"scaling": {"cpu_percent": 0}}, "app.scaling.cpu_percent=0 is not valid"),
    ({"scaling": {"cpu_percent": 101}}, "whole numbers from 1 to 100. Nearest: 100."),
    ({"scaling": {"memory_percent": 101}}, "app.scaling.memory_percent=101 is not valid"),
    ({"scaling": {"requests_per_target": 0}}, "app.scaling.requests_per_target=0 is not valid"),
    (
        {"health": {"interval_seconds": 10, "timeout_seconds": 10}},
        "app.health.timeout_seconds=10 is not valid. Allowed: less than "
        "app.health.interval_seconds (10). Set the timeout to 9 or less, or the interval to 11.",
    ),
    ({"health": {"interval_seconds": 4}}, "app.health.interval_seconds=4 is not valid"),
    ({"health": {"timeout_seconds": 1}}, "app.health.timeout_seconds=1 is not valid"),
    ({"health": {"healthy_threshold": 1}}, "app.health.healthy_threshold=1 is not valid"),
    ({"health": {"unhealthy_threshold": 11}}, "app.health.unhealthy_threshold=11 is not valid"),
    ({"health": {"grace_seconds": 301}}, "app.health.grace_seconds=301 is not valid"),
    (
        {"health": {"grace_seconds": 19}},
        "app.health.grace_seconds=19 is not valid. Allowed: at least 20 (interval_seconds 10 x "
        "healthy_threshold 2). A starting app would be replaced before it can become healthy: "
        "set it to 20 or more.",
    ),
    (
        {"health": {"interval_seconds": 200, "grace_seconds": 300}},
        "at least 400 .* Set the interval to 150 or less.",
    ),
    ({"health": {"path": "health"}}, "app.health.path='health' is not valid.*Start it with '/'"),
    ({"health": {"path": "/a b"}}, "app.health.path='/a b' is not valid"),
    ({"health": {"success_codes": "2xx"}}, "app.health.success_codes='2xx' is not valid"),
    ({"health": {"success_codes": "500"}}, "HTTP codes from 200 to 499"),
    ({"drain_seconds": 0}, "app.drain_seconds=0 is not valid"),
    (
        {"drain_seconds": 121},
        "app.drain_seconds=121 is not valid. Allowed: whole numbers from 1 to 120. Fargate kills "
        "a task 120 s after it was told to stop",
    ),
    ({"environment": {"2X": "a"}}, "app.environment='2X' is not valid"),
    ({"environment": {"A-B": "a"}}, "app.environment='A-B' is not valid.*for instance to 'A_B'"),
    ({"environment": {"A": 3}}, "app.environment['A']=3 is not valid. Allowed: text. Write '3'."),
    ({"secrets": {"A B": ARN}}, "app.secrets='A B' is not valid"),
    ({"environment": {"A": "x"}, "secrets": {"A": ARN}}, "A is in app.environment and in app.sec"),
    ({"domain": {"zone_id": "Z"}}, "missing required argument 'app.domain.name'"),
    ({"domain": {"name": "x.com"}}, "missing required argument 'app.domain.zone_id'"),
    ({"domain": {"name": "x.com", "zone_id": " "}}, "app.domain.zone_id=' ' is not valid"),
    ({"domain": {"name": "https://x.com", "zone_id": "Z"}}, "leave scheme, port and path out"),
    ({"domain": {"name": "localhost", "zone_id": "Z"}}, "app.domain.name='localhost' is not"),
    ({"domain": {"nmae": "x"}}, "unknown argument 'app.domain.nmae'. Did you mean"),
    ({"permissions": [{"actions": ["s3:*"], "resources": ["a"]}]}, "'s3:*' allows everything"),
]


@pytest.mark.parametrize(("app", "message"), REFUSED)
def test_a_mistake_is_answered_in_one_clear_message(app: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=r".") as raised:
        resolved(**app)
    place = 0
    for part in message.split(".*"):
        place = str(raised.value).find(part, place)
        assert place >= 0, str(raised.value)
    if "permissions" not in app:
        assert str(raised.value).startswith("FargateWebService 'shop': ")


@pytest.mark.parametrize(
    "app", [{"certificate_arn": "arn:c"}, {"domain": {"certificate_arn": "arn:c", "zone_id": "Z"}}]
)
def test_a_certificate_without_a_domain_is_told_so_however_it_is_spelt(app: Any) -> None:
    with pytest.raises(ValueError, match=r"a certificate is given without a domain. .* set app"):
        resolved(**app)


def test_a_value_in_secrets_is_never_shown() -> None:
    with pytest.raises(ValueError, match=r"app.secrets\['KEY'\] is not an ARN.*SSM") as raised:
        resolved(secrets={"KEY": "hunter2"})
    assert "hunter2" not in str(raised.value)


SECRETS = ["DB_PASSWORD", "SECRET", "SESSION_SECRET_KEY", "API_KEY", "apikey", "TOKEN"]
SECRETS += ["AUTH_TOKEN", "AUTH_TOKENS", "AWS_SECRET_ACCESS_KEY", "TLS_PRIVATE_KEY", "MYSQL_PASSWD"]


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_in_plain_text_is_refused_with_the_better_way(name: str) -> None:
    with pytest.raises(ValueError, match=r"looks like a secret and is plain text") as raised:
        resolved(environment={name: "hunter2"})
    assert f"app.secrets={{'{name}': arn}}" in str(raised.value)
    assert "hunter2" not in str(raised.value)


INNOCENT = ["TOKENIZER", "MONKEY", "SECRET_NAME", "DB_PASSWORD_FILE", "TOKEN_URL", "KEYBOARD"]


@pytest.mark.parametrize("name", [*INNOCENT, "API_KEY_ARN", "TOKEN_TTL", "AWS_ACCESS_KEY_ID"])
def test_a_name_that_only_sounds_like_a_secret_is_accepted(name: str) -> None:
    assert resolved(environment={name: "x"}).environment == {name: "x"}


def test_a_pulumi_secret_is_accepted_and_any_output_under_such_a_name_becomes_one() -> None:
    def program() -> None:
        given = {"A_TOKEN": pulumi.Output.secret("x"), "B_TOKEN": pulumi.Output.from_input("y")}
        for name, value in resolved(environment={**given, "C": "z"}).environment.items():
            pulumi.export(name, value)

    deployment = deploy(program)
    assert deployment.outputs == {"A_TOKEN": "x", "B_TOKEN": "y", "C": "z"}
    assert deployment.secret_outputs == {"A_TOKEN", "B_TOKEN"}


@given(
    interval=st.integers(0, 320),
    timeout=st.integers(0, 80),
    healthy=st.integers(0, 12),
    grace=st.integers(-10, 320),
)
def test_a_health_check_that_is_accepted_can_succeed_within_its_grace(
    interval: int, timeout: int, healthy: int, grace: int
) -> None:
    try:
        health = resolved(
            health={
                "interval_seconds": interval,
                "timeout_seconds": timeout,
                "healthy_threshold": healthy,
                "grace_seconds": grace,
            }
        ).health
    except ValueError:
        return
    assert 2 <= health.timeout_seconds < health.interval_seconds <= 300
    assert health.interval_seconds * health.healthy_threshold <= health.grace_seconds <= 300
