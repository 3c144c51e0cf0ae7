"""The same pods with a real Docker engine: what a process cannot have holds there."""

import contextlib
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.cloud import engines, start, stop
from sandbox.images import build_and_push
from sandbox.kubernetes import build, client, plane

from ..cloud.test_docker import BUSYBOX, DOCKERFILE
from ..cloud.world import World
from .pods import Cluster, get_quietly, open_cluster, ready, until

pytestmark = [pytest.mark.sandbox, pytest.mark.docker]

GATEWAY = 4994


@pytest.fixture(scope="module")
def engine() -> Iterator[Any]:
    if engines.choose("auto").name != "docker":
        pytest.skip(f"needs a Docker engine: {engines.choose('auto').note}")
    if BUSYBOX is None:
        pytest.skip("needs a static busybox (Debian package busybox-static)")
    with contextlib.closing(engines.docker_client()) as found:
        yield found


@pytest.fixture(scope="module")
def cluster(engine: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    if (binaries := build.binaries()) is None:
        pytest.skip("needs the control plane that `make kubernetes` builds")
    context = tmp_path_factory.mktemp("busybox")
    assert BUSYBOX is not None
    shutil.copy(BUSYBOX, context / "busybox")
    (context / "www").mkdir()
    (context / "www" / "health").write_text('"well"')
    (context / "www" / "index.html").write_text('"from a container"')
    (context / "Dockerfile").write_text(DOCKERFILE)
    state, own = tmp_path_factory.mktemp("cloud"), tmp_path_factory.mktemp("pods")
    world = World(start(state, port=GATEWAY, engine="docker"), state)
    control = plane.start(own / "plane", name="test", binaries=binaries)
    try:
        opened = open_cluster(
            client.connect(control.kubeconfig),
            world,
            own,
            engine=engine,
            image=image(world, context),
        )
        yield opened
        opened.attendant.stop()
    finally:
        control.stop()
        stop(state)


def image(world: World, context: Path) -> str:
    made = world.client("ecr").create_repository(repositoryName="pods/busybox")
    uri = made["repository"]["repositoryUri"]
    return f"{uri}@{build_and_push('docker', context=context, repository=uri, tag='1')}"


def containers(engine: Any, pod: str) -> list[Any]:
    labels = [f"io.kubernetes.pod.name={pod}"]
    found: list[Any] = engine.containers.list(all=True, filters={"label": labels})
    return found


def test_a_pod_is_a_container_with_the_limits_and_rights_of_its_specification(
    cluster: Cluster, engine: Any
) -> None:
    secure = {
        "runAsUser": 10002,
        "readOnlyRootFilesystem": True,
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
    }
    cluster.run(
        "web",
        securityContext=secure,
        resources={"limits": {"cpu": "500m", "memory": "128Mi"}},
        volumeMounts=[{"name": "tmp", "mountPath": "/tmp"}],
        spec={"volumes": [{"name": "tmp", "emptyDir": {}}], "terminationGracePeriodSeconds": 0},
    )
    until(lambda: ready(cluster.pod("web")), json.dumps(cluster.events("web")))
    (container,) = containers(engine, "web")
    attributes: dict[str, Any] = container.attrs
    host, config = attributes["HostConfig"], attributes["Config"]
    assert (host["Memory"], host["NanoCpus"]) == (128 * 2**20, 500_000_000)
    assert (host["ReadonlyRootfs"], host["CapDrop"]) == (True, ["ALL"])
    assert host["SecurityOpt"] == ["no-new-privileges"]
    assert (config["User"], config["Hostname"]) == ("10002", "web")
    assert "AWS_ENDPOINT_URL=http://host.docker.internal:4994" in config["Env"]
    assert "/tmp" in {mount["Destination"] for mount in attributes["Mounts"]}
    assert host["PortBindings"]["5000/tcp"][0]["HostIp"] == "127.0.0.1"
    where = cluster.expose("web")
    assert until(lambda: get_quietly(where), "an answer") == (200, "from a container")
    cluster.remove("web", "Service")
    cluster.remove("web")
    until(lambda: not containers(engine, "web"), "the container to go")


def test_the_end_of_the_attendant_leaves_no_container(cluster: Cluster, engine: Any) -> None:
    """The last test of this module: nothing runs after it."""
    cluster.run("last")
    until(lambda: ready(cluster.pod("last")), "readiness")
    cluster.attendant.stop()
    assert containers(engine, "last") == []
