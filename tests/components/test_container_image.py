"""ContainerImage: repository, build, push, digest, and the mistakes that it refuses."""

import json
from pathlib import Path
from typing import Any

import pulumi
import pytest

from components import ContainerImage
from components.policy import document
from components.testing import UNKNOWN, Deployment, deploy

IMAGE = "docker:index/image:Image"
REPOSITORY = "aws:ecr/repository:Repository"
URL = "123456789012.dkr.ecr.us-east-1.amazonaws.com/shop"


@pytest.fixture(autouse=True)
def context(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "app"
    folder.mkdir()
    (folder / "Dockerfile").write_text("FROM scratch\n")
    (folder / "main.py").write_text("print()\n")
    return folder


def image(*, known: bool = True, **args: Any) -> Deployment:
    return deploy(lambda: ContainerImage("shop", {"context": "app", **args}), known=known)  # type: ignore[typeddict-item]  # any mistake


def test_the_output_is_the_digest_of_what_was_pushed() -> None:
    result = image().result
    assert result["uri"] == f"{URL}@sha256:{'0' * 64}"
    assert result["repository_url"] == URL
    assert result["repository_arn"] == "arn:aws:ecr:us-east-1:123456789012:repository/shop"


def test_the_repository_scans_encrypts_and_never_moves_a_tag() -> None:
    inputs = image().one(REPOSITORY).inputs
    assert inputs["imageTagMutability"] == "IMMUTABLE"
    assert inputs["imageScanningConfiguration"] == {"scanOnPush": True}
    assert inputs["encryptionConfigurations"] == [{"encryptionType": "AES256"}]
    assert inputs["forceDelete"] is False
    assert "name" not in inputs


def test_a_key_of_ones_own_a_name_and_easy_destruction_can_be_chosen() -> None:
    inputs = image(kms_key_arn="arn:k", repository_name="team/shop", force_delete=True)
    repository = inputs.one(REPOSITORY).inputs
    assert repository["encryptionConfigurations"] == [{"encryptionType": "KMS", "kmsKey": "arn:k"}]
    assert repository["name"] == "team/shop"
    assert repository["forceDelete"] is True


def test_what_has_no_tag_goes_and_the_newest_releases_stay() -> None:
    lifecycle = image(keep_releases=20.0, untagged_days=3).one(
        "aws:ecr/lifecyclePolicy:LifecyclePolicy"
    )
    untagged, tagged = json.loads(lifecycle.inputs["policy"])["rules"]
    assert lifecycle.inputs["repository"] == "shop"
    assert untagged["selection"] == {
        "tagStatus": "untagged",
        "countType": "sinceImagePushed",
        "countUnit": "days",
        "countNumber": 3,
    }
    assert tagged["selection"] == {
        "tagStatus": "tagged",
        "tagPatternList": ["*"],
        "countType": "imageCountMoreThan",
        "countNumber": 20,
    }
    assert untagged["rulePriority"] < tagged["rulePriority"]
    assert {rule["action"]["type"] for rule in (untagged, tagged)} == {"expire"}


def test_by_default_a_hundred_releases_stay() -> None:
    lifecycle = image().one("aws:ecr/lifecyclePolicy:LifecyclePolicy")
    assert json.loads(lifecycle.inputs["policy"])["rules"][1]["selection"]["countNumber"] == 100


@pytest.mark.parametrize(
    ("architecture", "platform"),
    [(None, "linux/arm64"), ("arm64", "linux/arm64"), ("x86_64", "linux/amd64")],
)
def test_the_platform_follows_the_architecture(architecture: str | None, platform: str) -> None:
    assert image(architecture=architecture).one(IMAGE).inputs["build"]["platform"] == platform


def test_the_build_gets_context_dockerfile_arguments_and_target(context: Path) -> None:
    (context / "docker").mkdir()
    (context / "docker" / "Dockerfile.web").write_text("FROM scratch AS web\n")
    inputs = image(dockerfile="docker/Dockerfile.web", build_args={"BASE": "x"}, target="web")
    assert inputs.one(IMAGE).inputs["build"] == {
        "context": "app",
        "dockerfile": "app/docker/Dockerfile.web",
        "args": {"BASE": "x"},
        "platform": "linux/arm64",
        "target": "web",
    }


def test_the_image_is_pushed_with_a_login_that_stays_secret() -> None:
    pushed = image().one(IMAGE)
    assert pushed.inputs["registry"] == {
        "server": URL,
        "username": "AWS",
        "password": "test-password",
    }
    assert "registry" in pushed.secrets
    assert pushed.inputs["skipPush"] is False


def test_the_tag_is_made_of_the_content(context: Path) -> None:
    first = image().one(IMAGE).inputs["imageName"]
    assert first.startswith(f"{URL}:")
    assert image().one(IMAGE).inputs["imageName"] == first
    (context / "main.py").write_text("print(2)\n")
    second = image().one(IMAGE).inputs["imageName"]
    assert second != first
    assert image(build_args={"A": "1"}).one(IMAGE).inputs["imageName"] != second
    assert image(architecture="x86_64").one(IMAGE).inputs["imageName"] != second


def test_a_version_stands_before_the_hash_so_that_it_can_be_built_twice(context: Path) -> None:
    first, plain = image(version="1.4.0").result["tag"], image().result["tag"]
    assert first == f"1.4.0-{plain}"
    (context / "main.py").write_text("print(2)\n")
    assert image(version="1.4.0").result["tag"] not in (first, plain)


def test_the_execution_role_may_pull_this_image_and_log_in() -> None:
    def program() -> Any:
        return document(ContainerImage("shop", {"context": "app"}).pull_policy())

    assert json.loads(deploy(program).result)["Statement"] == [
        {
            "Action": [
                "ecr:BatchCheckLayerAvailability",
                "ecr:BatchGetImage",
                "ecr:GetDownloadUrlForLayer",
            ],
            "Effect": "Allow",
            "Resource": ["arn:aws:ecr:us-east-1:123456789012:repository/shop"],
        },
        {"Action": ["ecr:GetAuthorizationToken"], "Effect": "Allow", "Resource": ["*"]},
    ]


def test_a_first_preview_shows_the_same_resources_and_the_tag() -> None:
    preview, real = image(known=False), image()
    assert [item.name for item in preview.resources] == [item.name for item in real.resources]
    assert preview.result["uri"] is UNKNOWN
    assert preview.result["repository_url"] is UNKNOWN
    assert preview.result["tag"] == real.result["tag"]


@pytest.mark.parametrize("known", [True, False])
def test_every_child_belongs_to_the_image_and_carries_its_name(known: bool) -> None:
    deployment = image(known=known)
    component = deployment.one("slipway:index:ContainerImage")
    children = deployment.children(component)
    assert len(children) == len(deployment.resources) - 1 == 3
    for child in children:
        assert "slipway:index:ContainerImage$" in child.urn
        assert child.name == "shop" or child.name.startswith("shop-")


def test_the_repository_has_the_components_tags_and_the_callers() -> None:
    assert image(tags={"team": "web"}).one(REPOSITORY).inputs["tags"] == {
        "slipway:component": "ContainerImage/shop",
        "team": "web",
    }


def test_what_is_registered_is_what_is_declared() -> None:
    registered = image().one("slipway:index:ContainerImage").outputs
    assert set(registered) == set(ContainerImage.__annotations__)


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"contxt": "app"}, "unknown argument 'contxt'. Did you mean 'context'?"),
    ({"context": None}, "missing required argument 'context'"),
    ({"context": "ap"}, "context='ap' is not valid. Allowed: a folder with the files of the image"),
    ({"context": "ap"}, "does not exist under "),
    ({"context": "app/main.py"}, "It is a file: give a path relative to where Pulumi runs."),
    ({"dockerfile": "Dokerfile"}, "dockerfile='Dokerfile' is not valid"),
    ({"dockerfile": "Dokerfile"}, "There is Dockerfile."),
    ({"architecture": "amd64"}, "architecture='amd64' is not valid. Allowed: 'arm64', 'x86_64'."),
    ({"architecture": "amd64"}, "Write 'x86_64'."),
    ({"repository_name": "My Shop"}, "repository_name='My Shop' is not valid"),
    ({"repository_name": "My Shop"}, "ECR would take repository_name='my-shop'."),
    ({"repository_name": "a"}, "repository_name='a' is not valid. Allowed: 2 to 200 lower-case"),
    ({"repository_name": "a//b"}, "repository_name='a//b' is not valid"),
    ({"version": "-1"}, "version='-1' is not valid"),
    ({"version": "1:0"}, "A git tag or short commit will do."),
    (
        {"keep_releases": 9},
        "keep_releases=9 is not valid. Allowed: whole numbers from 10 to 10000.",
    ),
    ({"keep_releases": 9}, "ECR deletes older images even while tasks run them"),
    ({"untagged_days": 0}, "untagged_days=0 is not valid"),
]


@pytest.mark.parametrize(("args", "message"), REFUSED)
def test_a_mistake_is_answered_before_anything_is_made(args: dict[str, Any], message: str) -> None:
    caught: list[ValueError] = []

    def program() -> None:
        try:
            ContainerImage("shop", {"context": "app", **args})  # type: ignore[typeddict-item]  # the mistake
        except ValueError as error:
            caught.append(error)

    deployment = deploy(program)
    assert caught, "nothing was refused"
    assert message in str(caught[0])
    assert str(caught[0]).startswith("ContainerImage 'shop': ")
    assert deployment.resources == ()


def test_a_folder_without_a_dockerfile_is_told_what_to_do(context: Path) -> None:
    (context / "Dockerfile").unlink()
    with pytest.raises(
        ValueError, match=r"dockerfile='Dockerfile' .* Write one there, or set docker"
    ):
        image()


def test_a_name_that_ecr_cannot_take_is_refused_with_a_way_out() -> None:
    with pytest.raises(ValueError, match=r"name='Shop' .* ECR would take repository_name='shop'"):
        deploy(lambda: ContainerImage("Shop", {"context": "app"}))
    named = deploy(lambda: ContainerImage("Shop", {"context": "app", "repository_name": "shop"}))
    assert named.one(REPOSITORY).inputs["name"] == "shop"


def test_the_callers_options_reach_the_component_alone() -> None:
    def program() -> None:
        ContainerImage("shop", {"context": "app"}, pulumi.ResourceOptions(protect=True))

    assert deploy(program).one("slipway:index:ContainerImage").protect
