"""What the tests of EksWebApp share: a network, and one app deployed in memory."""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from components import shipped
from components.eks import EksWebApp, EksWebAppArgs
from components.network import Placement
from components.testing import Deployment, deploy
from components.web_app import WebApp

IMAGE = "registry.example.com/web@sha256:" + "0" * 64
PARAMETER = "arn:aws:ssm:us-east-1:123456789012:parameter/key"
SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:db-AbCdEf"
INVOKES: dict[str, Any] = {
    "aws:ssm/getParameter:getParameter": lambda args: {"value": f"value of {args['name']}"},
    "aws:secretsmanager/getSecretVersion:getSecretVersion": lambda args: {
        "secretString": '{"user": "shop", "password": "hunter2"}',
        **{key: args[key] for key in args},
    },
}
DEPLOYMENT = "kubernetes:apps/v1:Deployment"
SERVICE = "kubernetes:core/v1:Service"
NAMESPACE = "kubernetes:core/v1:Namespace"
SECRETS = "kubernetes:core/v1:Secret"
SCALER = "kubernetes:autoscaling/v2:HorizontalPodAutoscaler"
POLICY = "kubernetes:networking.k8s.io/v1:NetworkPolicy"
CLUSTER = "eks:index:Cluster"
PROVIDER = "pulumi:providers:kubernetes"
ADDON = "aws:eks/addon:Addon"
NODES = "aws:eks/nodeGroup:NodeGroup"
KUBECONFIG = '{"clusters": [{"name": "theirs"}]}'


def placement(nat: str = "none") -> Placement:
    return {
        "vpc_id": "vpc-1",
        "public_subnet_ids": ["subnet-a", "subnet-b"],
        "private_subnet_ids": ["subnet-c", "subnet-d"],
        "nat": nat,
    }


def settings(app: Mapping[str, Any] | None = None, **args: Any) -> EksWebAppArgs:
    """The least that an app needs, and what a test adds."""
    whole: WebApp = {"image": IMAGE, **(app or {})}  # type: ignore[typeddict-item]
    place: Any = {} if "cluster" in args or "network" in args else {"network": placement()}
    return {"app": whole, **place, **args}  # type: ignore[typeddict-item]


def web(
    app: Mapping[str, Any] | None = None,
    *,
    known: bool = True,
    name: str = "web",
    stack: str = "dev",
    **args: Any,
) -> Deployment:
    """One app deployed in memory; ``result`` holds its outputs."""
    return deploy(
        lambda: EksWebApp(name, settings(app, **args)), known=known, stack=stack, invokes=INVOKES
    )


def refusal(app: Mapping[str, Any] | None = None, *, name: str = "web", **args: Any) -> str:
    """The message with which the constructor refuses; nothing may be registered."""
    registered: list[Any] = []

    def program() -> None:
        with pytest.raises(ValueError, match=r".") as error:
            EksWebApp(name, settings(app, **args))
        registered.append(str(error.value))

    deployment = deploy(program, stack="dev")
    assert deployment.resources == ()
    return str(registered[0])


def container(deployment: Deployment) -> dict[str, Any]:
    """The app's container."""
    return dict(pod(deployment)["containers"][0])


def pod(deployment: Deployment) -> dict[str, Any]:
    """The pods' specification."""
    return dict(deployment.one(DEPLOYMENT).inputs["spec"]["template"]["spec"])


def names(deployment: Deployment, type: str) -> Sequence[str]:
    return sorted(resource.name for resource in deployment.of(type))


def manifests(folder: Path, changes: Mapping[str, Any] | None = None) -> str:
    """A copy of the shipped manifests; ``changes`` are files' new texts, or functions that change
    the object in one, or None to take it away."""
    place = folder / "k8s"
    shutil.copytree(shipped.manifests(), place)
    for file, change in (changes or {}).items():
        path = place / file
        if change is None:
            path.unlink()
        elif isinstance(change, str):
            path.write_text(change)
        else:
            item = yaml.safe_load(path.read_text())
            change(item)
            path.write_text(yaml.safe_dump(item))
    return str(place)
