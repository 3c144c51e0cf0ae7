"""The same cloud with a real Docker engine; no image of any hub is needed."""

import contextlib
import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.cloud import engines, running, start, stop
from sandbox.cloud.lifecycle import hostname
from sandbox.images import ImageError, build_and_push

from .world import World, get, until

BUSYBOX = next((Path(p) for p in ("/bin/busybox", "/usr/bin/busybox") if Path(p).exists()), None)
PORT = 4850

pytestmark = [pytest.mark.sandbox, pytest.mark.docker]

DOCKERFILE = """\
FROM scratch
COPY busybox /bin/busybox
COPY www /www
EXPOSE 5000
USER 10001:10001
CMD ["/bin/busybox", "httpd", "-f", "-p", "5000", "-h", "/www"]
"""


@pytest.fixture(scope="module")
def docker_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    if engines.choose("auto").name != "docker":
        pytest.skip(f"needs a Docker engine: {engines.choose('auto').note}")
    if BUSYBOX is None:
        pytest.skip("needs a static busybox (Debian package busybox-static)")
    state = tmp_path_factory.mktemp("docker-cloud")
    yield World(start(state, port=PORT, engine="docker"), state)
    stop(state)


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("busybox")
    assert BUSYBOX is not None
    shutil.copy(BUSYBOX, folder / "busybox")
    (folder / "www").mkdir()
    (folder / "www" / "health").write_text("ok")
    (folder / "www" / "index.html").write_text("from a container")
    (folder / "Dockerfile").write_text(DOCKERFILE)
    return folder


def containers(world: World) -> list[Any]:
    """This sandbox's own containers."""
    with contextlib.closing(engines.docker_client()) as client:
        return [
            container
            for container in client.containers.list(all=True)
            if container.labels.get("ministack.instance", "").startswith(hostname(world.state))
        ]


def test_a_built_image_runs_as_containers_behind_the_load_balancer(
    docker_world: World, context: Path
) -> None:
    world = docker_world
    image = world.image(context)
    address, _, group = world.load_balancer("boxes")
    check = {"command": ["CMD", "/bin/busybox", "true"], "interval": 10}
    definition = world.definition(
        "boxes", image=image, readonlyRootFilesystem=True, healthCheck=check, user="10002",
        linuxParameters={"initProcessEnabled": True},
    )  # fmt: skip
    world.service("boxes", definition, group)
    world.rollout("boxes")
    assert get(address, "/index.html") == (200, "from a container")
    assert world.states(group) == ["healthy", "healthy"]
    assert {task["healthStatus"] for task in world.tasks("boxes")} == {"HEALTHY"}
    found = containers(world)
    assert len(found) == 2
    host = found[0].attrs["HostConfig"]
    assert host["ReadonlyRootfs"] is True
    assert host["Memory"] == 512 * 1024 * 1024
    assert host["NanoCpus"] == 250_000_000
    assert host["Init"] is True
    assert found[0].attrs["Config"]["User"] == "10002"
    world.remove("boxes")
    until(lambda: containers(world) == [])


def test_a_container_reaches_the_gateway(docker_world: World, context: Path) -> None:
    world = docker_world
    url = f"http://host.docker.internal:{world.cloud.port}/_ministack/health"
    command = ["/bin/busybox", "wget", "-q", "-O", "-", url]
    definition = world.definition("reaches", image=world.image(context), command=command)
    ecs = world.client("ecs")
    ecs.create_cluster(clusterName="reaches")
    subnets = {"awsvpcConfiguration": {"subnets": [world.network()[1]]}}
    ecs.run_task(cluster="reaches", taskDefinition=definition, networkConfiguration=subnets)
    task = until(lambda: world.tasks("reaches", "STOPPED"))[0]
    assert task["containers"][0]["exitCode"] == 0, world.lines("reaches")
    assert any("services" in line for line in world.lines("reaches"))


def test_a_failing_build_step_is_quoted(docker_world: World, context: Path, tmp_path: Path) -> None:
    assert BUSYBOX is not None
    shutil.copy(BUSYBOX, tmp_path / "busybox")
    (tmp_path / "Dockerfile").write_text(
        "FROM scratch\nCOPY busybox /bin/sh\nCOPY busybox /bin/busybox\n"
        "RUN echo before the fall && exit 9\n"
    )
    with pytest.raises(ImageError, match=r"(?s)RUN echo.*code: 9.*before the fall"):
        build_and_push("docker", context=tmp_path, repository="127.0.0.1:1/x")


def test_a_killed_cloud_leaves_no_container(context: Path, tmp_path: Path) -> None:
    if engines.choose("auto").name != "docker" or BUSYBOX is None:
        pytest.skip("needs a Docker engine and a static busybox")
    state = tmp_path / "state"
    cloud = start(state, port=PORT + 50, engine="docker")
    try:
        world = World(cloud, state)
        definition = world.definition("killed", image=world.image(context))
        world.service("killed", definition, desiredCount=1)
        world.rollout("killed")
        assert len(containers(world)) == 1
        os.kill(cloud.pid, signal.SIGKILL)
        until(lambda: containers(world) == [])
        assert running(state) is None
    finally:
        stop(state)
