"""A Pulumi program whose objects go through an explicit provider, from first to last."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from sandbox.deploy import DeployError, Event, Result, deploy, destroy

from .clusters import MANAGER, OFFLINE, Cluster

pytestmark = pytest.mark.sandbox

PROGRAM = """
import os
import pulumi
import pulumi_kubernetes as k8s
from pulumi import ResourceOptions as Options

config = pulumi.Config()
there = k8s.Provider(
    "there",
    kubeconfig=config.require_secret("kubeconfig"),
    cluster_identifier=config.require("cluster"),
    enable_server_side_apply=True,
)
labels = {"app": "web"}
opts = Options(provider=there)
space = k8s.core.v1.Namespace("space", metadata={"name": config.require("space")}, opts=opts)
place = {"namespace": space.metadata.name}
secret = k8s.core.v1.Secret(
    "db", metadata=place, string_data={"password": config.require("password")}, opts=opts
)
web = k8s.apps.v1.Deployment(
    "web",
    metadata={"name": "web", **place},
    spec={
        "replicas": 2,
        "selector": {"match_labels": labels},
        "template": {
            "metadata": {"labels": labels, "annotations": {"sandbox.slipway/simulated": "true"}},
            "spec": {
                "containers": [
                    {
                        "name": "web",
                        "image": config.require("image"),
                        "env_from": [{"secret_ref": {"name": secret.metadata.name}}],
                    }
                ]
            },
        },
    },
    opts=Options(provider=there, ignore_changes=["spec.replicas"]),
)
pulumi.export("secret", secret.metadata.name)
pulumi.export("data", secret.data)
pulumi.export("replicas", web.spec.replicas)
"""


class Project:
    """The program, deployed again and again into the same cluster."""

    def __init__(self, directory: Path, cluster: Cluster, space: str) -> None:
        self.directory, self.state = directory / "project", directory / "state"
        self.cluster, self.space = cluster, space
        self.events: list[Event] = []
        self.directory.mkdir()
        (self.directory / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
        (self.directory / "__main__.py").write_text(dedent(PROGRAM))

    def up(self, kubeconfig: Mapping[str, Any] | None = None, **config: str) -> Result:
        values = {
            "kubeconfig": json.dumps(kubeconfig or self.cluster.kubeconfig),
            "cluster": "one",
            "space": self.space,
            "password": "p",
            "image": "shop:1",
            **config,
        }
        return deploy(
            self.directory,
            stack="local",
            state=self.state,
            context=OFFLINE,
            config={f"shop:{key}": value for key, value in values.items()},
            on_event=self.events.append,
        )

    def down(self) -> None:
        destroy(self.state, context=OFFLINE, on_event=self.events.append)

    def objects(self) -> set[str]:
        """Kinds and names of what the program has made in its namespace."""
        kinds = (("v1", "Secret"), ("apps/v1", "Deployment"), ("v1", "Pod"))
        found = [
            item
            for api_version, kind in kinds
            for item in self.cluster.api.list(api_version, kind, self.space)
        ]
        return {f"{item['kind']}/{item['metadata']['name']}" for item in found}


MakeProject = Callable[[str], Project]


@pytest.fixture
def project(cluster: Cluster, tmp_path: Path) -> Project:
    return Project(tmp_path, cluster, f"program-{cluster.kind}-{tmp_path.name[-12:]}".lower()
                   .replace("_", "-").strip("-"))  # fmt: skip


def ops(result: Result) -> dict[str, str]:
    return {item.name: item.op for item in result.resources}


def test_a_program_is_deployed_changed_and_destroyed(project: Project) -> None:
    result = project.up()
    assert ops(result) == dict.fromkeys(("there", "space", "db", "web"), "created")
    first = result.outputs["secret"]
    assert result.secret_outputs >= {"data"}
    assert result.outputs["replicas"] == 2
    assert {"Deployment/web", f"Secret/{first}"} <= project.objects()
    assert ops(project.up()) == dict.fromkeys(("there", "space", "db", "web"), "unchanged")

    # What an autoscaler has set stays, though the program says 2.
    metadata = {"name": "web", "namespace": project.space}
    scaled = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata}
    project.cluster.api.apply({**scaled, "spec": {"replicas": 3}}, manager=MANAGER, force=True)
    result = project.up(image="shop:2")
    assert ops(result)["web"] == "updated"
    assert result.outputs["replicas"] == 3

    # Another value is another secret, made before the pods that want it, and the old one goes.
    result = project.up(image="shop:2", password="q")
    assert {name: ops(result)[name] for name in ("db", "web")} == {
        "db": "replaced",
        "web": "updated",
    }
    assert result.outputs["secret"] != first
    assert f"Secret/{first}" not in project.objects()

    project.down()
    assert project.objects() == set()
    assert project.cluster.api.get("v1", "Namespace", project.space) is None


def test_another_kubeconfig_of_the_same_cluster_replaces_nothing(project: Project) -> None:
    project.up()
    renewed = {**project.cluster.kubeconfig, "preferences": {"renewed": True}}
    result = project.up(renewed)
    assert ops(result) == {
        "there": "updated",
        "space": "unchanged",
        "db": "unchanged",
        "web": "unchanged",
    }
    project.down()


def test_another_cluster_means_new_objects(project: Project) -> None:
    project.up()
    uid = _uid(project)
    result = project.up(cluster="two")
    assert ops(result) == {
        "there": "replaced",
        "space": "replaced",
        "db": "created",  # gone with the namespace, whose name the new one needs
        "web": "created",
    }
    assert _uid(project) != uid
    project.down()
    assert project.cluster.api.get("v1", "Namespace", project.space) is None


def test_an_unreachable_cluster_is_named_and_destroyed_when_it_is_back(project: Project) -> None:
    project.up()
    gone = json.loads(json.dumps(project.cluster.kubeconfig))
    gone["clusters"][0]["cluster"]["server"] = "https://127.0.0.1:9"
    with pytest.raises(DeployError, match=r"127\.0\.0\.1:9"):
        project.up(gone, image="shop:2")
    with pytest.raises(DeployError, match=r"127\.0\.0\.1:9"):
        project.down()
    project.up()
    project.down()


def _uid(project: Project) -> str:
    live = project.cluster.api.get("apps/v1", "Deployment", "web", project.space)
    assert live is not None
    return str(live["metadata"]["uid"])
