"""ContainerImage: an image built from a Dockerfile, pushed to a repository of its own.

It owns the ECR repository, its lifecycle rules, the build and the push. Left out: images that
others build (pass their reference to WebApp), replication, and builds in the cloud: the image
is built by the Docker engine of the machine that runs Pulumi.

Every image gets a tag of its own that never moves: the hash of what it was built from, so
unchanged content is neither built nor pushed again. Deployments use the digest. The lifecycle
rules delete what has no tag and what is older than the newest ``keep_releases`` images. They
count pushes and know nothing of tasks: only a number that is well above the releases between
two deployments of anything that still runs keeps what runs. The default is meant to be that.
"""

import json
import re
from pathlib import Path

import pulumi
import pulumi_docker as docker
from pulumi_aws import ecr

from .. import checks, policy, tags
from ..architecture import PLATFORMS, checked_architecture
from ..errors import check_keys, invalid
from ..policy import Statement
from .args import ContainerImageArgs
from .context_hash import build_hash

DEFAULT_KEEP_RELEASES = 100
"""Two releases a day for weeks: whatever still runs is among them. At 0.10 USD per GB and
month (us-east-1 list price of 2025) a hundred images of 100 MB that share layers cost cents."""
FEWEST_RELEASES = 10
"""Fewer than this, and a busy day deletes the image that a rollback needs."""
DEFAULT_UNTAGGED_DAYS = 14
_PULL_ACTIONS = (
    "ecr:BatchCheckLayerAvailability",
    "ecr:BatchGetImage",
    "ecr:GetDownloadUrlForLayer",
)
_REPOSITORY = re.compile(r"[a-z0-9]+([._-][a-z0-9]+)*(/[a-z0-9]+([._-][a-z0-9]+)*)*")
_VERSION = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}")


class ContainerImage(pulumi.ComponentResource):
    """An image built from a Dockerfile and pushed to ECR, pinned by digest."""

    uri: pulumi.Output[str]
    """The image by digest, ``repository@sha256:...``: what to run."""
    tag: pulumi.Output[str]
    """The image's tag, for people: the version, if there is one, and a hash of the content."""
    repository_url: pulumi.Output[str]
    """Address of the repository, without a tag."""
    repository_arn: pulumi.Output[str]
    """ARN of the repository."""

    def __init__(
        self, name: str, args: ContainerImageArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        owner = f"ContainerImage '{name}'"
        check_keys(owner, args, ContainerImageArgs)
        architecture = checked_architecture(owner, "architecture", args.get("architecture"))
        _check_names(owner, name, args)
        lifecycle = _lifecycle(owner, args)
        context, dockerfile = _files(owner, args)
        build_args = dict(args.get("build_args") or {})
        content = build_hash(
            Path(context),
            Path(dockerfile),
            build_args=build_args,
            platform=PLATFORMS[architecture],
            target=args.get("target"),
        )
        version = args.get("version")
        tag = f"{version}-{content}" if version else content
        super().__init__("slipway:index:ContainerImage", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)

        kms_key = args.get("kms_key_arn")
        repository = ecr.Repository(
            name,
            name=args.get("repository_name"),
            # A tag that moved would make a digest that runs untagged, and prey of the rules.
            image_tag_mutability="IMMUTABLE",
            image_scanning_configuration={"scan_on_push": True},
            encryption_configurations=[
                {"encryption_type": "KMS", "kms_key": kms_key}
                if kms_key
                else {"encryption_type": "AES256"}
            ],
            force_delete=args.get("force_delete") or False,
            tags=tags.merged("ContainerImage", name, args.get("tags")),
            opts=child,
        )
        ecr.LifecyclePolicy(
            f"{name}-lifecycle", repository=repository.name, policy=lifecycle, opts=child
        )
        login = ecr.get_authorization_token_output(
            registry_id=repository.registry_id, opts=pulumi.InvokeOutputOptions(parent=self)
        )
        image = docker.Image(
            name,
            image_name=pulumi.Output.concat(repository.repository_url, ":", tag),
            build=docker.DockerBuildArgs(
                context=context,
                dockerfile=dockerfile,
                args=build_args,
                platform=PLATFORMS[architecture],
                target=args.get("target"),
            ),
            registry={
                "server": repository.repository_url,
                "username": login.user_name,
                "password": pulumi.Output.secret(login.password),
            },
            opts=child,
        )
        self.uri = image.repo_digest
        self.tag = pulumi.Output.from_input(tag)
        self.repository_url = repository.repository_url
        self.repository_arn = repository.arn
        self.register_outputs(
            {
                "uri": self.uri,
                "tag": self.tag,
                "repository_url": self.repository_url,
                "repository_arn": self.repository_arn,
            }
        )

    def pull_policy(self) -> list[Statement]:
        """What the one who starts containers (an ECS execution role) needs to fetch the image."""
        return [
            policy.allow(_PULL_ACTIONS, self.repository_arn),
            policy.allow(
                "ecr:GetAuthorizationToken",
                "*",
                reason="the login is to the whole registry; IAM knows no resource for it",
            ),
        ]


def _files(owner: str, args: ContainerImageArgs) -> tuple[str, str]:
    """Paths of context and Dockerfile as Pulumi's state keeps them: not tied to this machine."""
    context, dockerfile = args["context"], args.get("dockerfile") or "Dockerfile"
    folder = Path(context)
    if not folder.is_dir():
        problem = "is a file" if folder.exists() else f"does not exist under {Path.cwd()}"
        raise invalid(
            owner,
            "context",
            context,
            "a folder with the files of the image",
            f"It {problem}: give a path relative to where Pulumi runs.",
        )
    file = folder / dockerfile
    if not file.is_file():
        near = sorted(
            found.name for found in folder.iterdir() if "dockerfile" in found.name.lower()
        )
        raise invalid(
            owner,
            "dockerfile",
            dockerfile,
            f"a file in the context {context!r}",
            f"There is {', '.join(near)}." if near else "Write one there, or set dockerfile.",
        )
    return folder.as_posix(), file.as_posix()


def _check_names(owner: str, name: str, args: ContainerImageArgs) -> None:
    repository, version = args.get("repository_name"), args.get("version")
    field, given = ("name", name) if repository is None else ("repository_name", repository)
    if not 2 <= len(given) <= 200 or not _REPOSITORY.fullmatch(given):
        good = re.sub(r"[^a-z0-9/]+", "-", given.lower()).strip("-/")
        raise invalid(
            owner,
            field,
            given,
            "2 to 200 lower-case letters and digits, with single '.', '_', '-' or '/' between",
            f"ECR would take repository_name={good!r}." if _REPOSITORY.fullmatch(good) else "",
        )
    if version is not None and not _VERSION.fullmatch(version):
        raise invalid(
            owner,
            "version",
            version,
            "up to 100 letters, digits, '.', '_' and '-', not starting with '.' or '-'",
            "A git tag or short commit will do.",
        )


def _lifecycle(owner: str, args: ContainerImageArgs) -> str:
    keep, days = args.get("keep_releases"), args.get("untagged_days")
    keep = checks.integer(
        owner,
        "keep_releases",
        DEFAULT_KEEP_RELEASES if keep is None else keep,
        FEWEST_RELEASES,
        10_000,
        "ECR deletes older images even while tasks run them: rather keep too many.",
    )
    days = checks.integer(
        owner, "untagged_days", DEFAULT_UNTAGGED_DAYS if days is None else days, 1, 3650
    )
    rules = [
        {
            "rulePriority": 1,
            "description": f"Images without a tag go after {days} days",
            "selection": {
                "tagStatus": "untagged",
                "countType": "sinceImagePushed",
                "countUnit": "days",
                "countNumber": days,
            },
            "action": {"type": "expire"},
        },
        {
            "rulePriority": 2,
            "description": f"The newest {keep} releases stay",
            "selection": {
                "tagStatus": "tagged",
                "tagPatternList": ["*"],
                "countType": "imageCountMoreThan",
                "countNumber": keep,
            },
            "action": {"type": "expire"},
        },
    ]
    return json.dumps({"rules": rules}, sort_keys=True)
