"""An image is built, pushed and run by a service that waits for it."""

import json
import threading
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from sandbox.images import ImageError

from .world import TRUST, World

pytestmark = pytest.mark.sandbox

IMAGE = "docker:index/image:Image"
SERVICE = "aws:ecs/service:Service"
TASK = "aws:ecs/taskDefinition:TaskDefinition"
DOCKERFILE = """
FROM python:3.13-slim
WORKDIR /srv
COPY server.py /srv/
CMD ["python3", "server.py"]
"""
SERVER = """
import http.server, os, signal, time
signal.signal(signal.SIGTERM, lambda *_: (time.sleep(1.5), os._exit(0)))
os.environ.get("FAIL") and exit(3)
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")
    def log_message(self, *args):
        pass
http.server.HTTPServer((os.environ["HOST"], int(os.environ["PORT"])), Handler).serve_forever()
"""
EXECUTION = """{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action":
["ecr:GetAuthorizationToken", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer",
"ecr:BatchCheckLayerAvailability"], "Resource": "*"}]}"""


@pytest.fixture
def context(tmp_path: Path) -> Path:
    (tmp_path / "Dockerfile").write_text(DOCKERFILE)
    (tmp_path / "server.py").write_text(SERVER)
    (tmp_path / ".dockerignore").write_text("notes.txt\n")
    return tmp_path


def _image(world: World, context: Path, tag: str, **build: Any) -> dict[str, Any]:
    return {
        "imageName": f"{world.repository['repositoryUrl']}:{tag}",
        "build": {"context": str(context), "platform": "linux/arm64", **build},
        "registry": {"server": "x", "username": "AWS", "password": "changes"},
    }


def test_an_image_is_pushed_and_named_by_digest(world: World, context: Path) -> None:
    outputs = world.make(IMAGE, **_image(world, context, "one"))[1]
    repository, _, digest = outputs["repoDigest"].partition("@")
    assert repository == world.repository["repositoryUrl"]
    ecr = world.client("ecr")
    name = world.repository["name"]
    found = ecr.describe_images(repositoryName=name, imageIds=[{"imageDigest": digest}])
    assert "one" in found["imageDetails"][0]["imageTags"]
    url = f"{world.context.endpoint}/v2/{name}"
    with urllib.request.urlopen(f"{url}/manifests/{digest}", timeout=60) as answer:
        config = json.load(answer)["config"]["digest"]
    with urllib.request.urlopen(f"{url}/blobs/{config}", timeout=60) as answer:
        assert json.load(answer)["architecture"] == "arm64"


def test_an_image_changes_with_the_files_of_its_context_alone(world: World, context: Path) -> None:
    provider = world.provider(IMAGE)
    first = provider.check("image", _image(world, context, "two"))
    id, outputs = provider.create("image", first)

    (context / "notes.txt").write_text("ignored by .dockerignore")
    same = _image(world, context, "two")
    same["registry"]["password"] = "another"
    assert provider.changed(first, provider.check("image", same)) == set()

    (context / "server.py").write_text(SERVER + "# edited\n")
    second = provider.check("image", same)
    changed = provider.changed(first, second)
    assert changed == {"contextDigest"}
    assert not provider.must_replace(changed, first, second)
    assert provider.update(id, first, second, outputs)["repoDigest"] != outputs["repoDigest"]


def test_a_tag_of_an_immutable_repository_does_not_move(world: World, context: Path) -> None:
    token = "aws:ecr/repository:Repository"
    repository = world.make(token, "fixed", imageTagMutability="IMMUTABLE", forceDelete=True)[1]
    image = _image(world, context, "x") | {"imageName": f"{repository['repositoryUrl']}:v1"}
    first = world.make(IMAGE, **image)[1]["repoDigest"]
    assert world.make(IMAGE, **image)[1]["repoDigest"] == first
    (context / "server.py").write_text(SERVER + "# edited\n")
    with pytest.raises(ImageError, match="tag 'v1' is immutable"):
        world.make(IMAGE, **image)
    tagged = world.client("ecr").batch_get_image(
        repositoryName=repository["name"], imageIds=[{"imageTag": "v1"}]
    )["images"][0]["imageId"]["imageDigest"]
    assert first.endswith(tagged)


def test_a_wrong_image_is_refused_with_what_to_do(world: World, context: Path) -> None:
    provider = world.provider(IMAGE)
    good = _image(world, context, "x")
    for change, text in (
        ({"imageName": "docker.io/shop:1"}, "repositoryUrl of an aws.ecr.Repository"),
        ({"build": {"context": str(context / "none")}}, "does not exist"),
        ({"build": {"context": str(context), "dockerfile": "none"}}, "build.dockerfile="),
        ({"skipPush": True}, "skipPush=True is not valid"),
    ):
        with pytest.raises(ValueError, match=r"\w") as error:
            provider.check("image", good | change)
        assert text in str(error.value)


def test_a_repository_with_images_goes_only_by_force(world: World, context: Path) -> None:
    token = "aws:ecr/repository:Repository"
    id, outputs = world.make(token, "full")
    image = _image(world, context, "x") | {"imageName": f"{outputs['repositoryUrl']}:v1"}
    world.make(IMAGE, **image)
    with pytest.raises(world.client("ecr").exceptions.RepositoryNotEmptyException):
        world.provider(token).delete(id, outputs)
    world.provider(token).delete(id, outputs | {"forceDelete": True})


def _task(world: World, image: str, role: str, **environment: str) -> str:
    container = {
        "name": "web",
        "image": image,
        "portMappings": [{"containerPort": 5000}],
        "environment": [{"name": key, "value": value} for key, value in environment.items()],
    }
    return str(
        world.make(
            TASK,
            family="live",
            containerDefinitions=json.dumps([container]),
            cpu="256",
            memory="512",
            networkMode="awsvpc",
            requiresCompatibilities=["FARGATE"],
            executionRoleArn=role,
        )[1]["arn"]
    )


def test_a_service_waits_for_its_rollout_and_leaves_no_task(world: World, context: Path) -> None:
    image = world.make(IMAGE, **_image(world, context, "live"))[1]["repoDigest"]
    role = world.make(
        "aws:iam/role:Role",
        "execution",
        assumeRolePolicy=TRUST,
        inlinePolicies=[{"name": "pull", "policy": EXECUTION}],
    )[1]["arn"]
    provider = world.provider(SERVICE)
    inputs = {
        "cluster": world.cluster["arn"],
        "taskDefinition": _task(world, image, role),
        "desiredCount": 1,
        "launchType": "FARGATE",
        "networkConfiguration": {"subnets": world.subnets[:1]},
        "deploymentCircuitBreaker": {"enable": True, "rollback": True},
        "waitForSteadyState": True,
    }
    old = provider.check("live", inputs)
    id, outputs = provider.create("live", old)
    ecs = world.client("ecs")

    def service() -> Any:
        return ecs.describe_services(cluster=world.cluster["arn"], services=[id])["services"][0]

    assert service()["runningCount"] == 1

    bad = provider.check("live", {**inputs, "taskDefinition": _task(world, image, role, FAIL="1")})
    with pytest.raises(RuntimeError, match=r"the deployment of .*live:\d+ failed: .+"):
        provider.update(id, old, bad, outputs)
    assert service()["taskDefinition"] == old.task_definition

    tagged = provider.check("live", {**inputs, "tags": {"a": "b"}})
    before = [item["id"] for item in service()["deployments"]]
    provider.update(id, old, tagged, outputs)
    assert [item["id"] for item in service()["deployments"]] == before, "tags alone roll nothing"

    forced = {**inputs, "forceNewDeployment": True, "deploymentMaximumPercent": 300}
    provider.update(id, old, provider.check("live", forced), outputs)
    assert [item["id"] for item in service()["deployments"]] != before

    provider.delete(id, outputs)
    arns = [
        arn
        for status in ("RUNNING", "STOPPED")
        for arn in ecs.list_tasks(
            cluster=world.cluster["arn"], serviceName=outputs["name"], desiredStatus=status
        )["taskArns"]
    ]
    assert arns
    tasks = ecs.describe_tasks(cluster=world.cluster["arn"], tasks=arns)["tasks"]
    assert {task["lastStatus"] for task in tasks} == {"STOPPED"}


def test_a_cluster_waits_for_its_services_to_go(world: World) -> None:
    token = "aws:ecs/cluster:Cluster"
    id, outputs = world.make(token, "busy")
    service, kept = world.make(
        SERVICE,
        cluster=id,
        taskDefinition=world.task_definitions[0],
        launchType="FARGATE",
        networkConfiguration={"subnets": world.subnets[:1]},
    )
    leaving = threading.Timer(0.5, world.provider(SERVICE).delete, (service, kept))
    started = time.monotonic()
    leaving.start()
    world.provider(token).delete(id, outputs)
    waited = time.monotonic() - started
    leaving.join()
    assert waited > 0.4
