"""Images of the process engine: what is in them, and that they are repeatable."""

import json
import os
from pathlib import Path

import pytest

from sandbox import images
from sandbox.cloud import registry
from sandbox.cloud.dockerfile import Dockerfile
from sandbox.images import ImageError, build_and_push

DOCKERFILE = """\
# syntax=docker/dockerfile:1
ARG BASE=python:3.13-slim
FROM ${BASE} AS build
ARG EXTRA="none"
ENV MODE=${EXTRA}
COPY requirements.txt /build/
RUN pip install -r /build/requirements.txt \\
    # a comment in the middle
    && rm -rf /var/tmp/.cache
COPY shop /srv/app/shop
COPY *.conf setup.py /srv/app/

FROM ${BASE}
COPY --from=build /opt/venv /opt/venv
COPY --from=build --chown=10001 /srv/app /srv/app
ENV A=1 B="two words"
WORKDIR /srv
WORKDIR app
EXPOSE 5000
USER 10001
HEALTHCHECK --interval=1m30s --retries=2 CMD ["python3", "check.py"]
ENTRYPOINT ["gunicorn"]
CMD ["shop:app"]
"""


@pytest.fixture
def context(tmp_path: Path) -> Path:
    (tmp_path / "shop").mkdir()
    for name in ("shop/__init__.py", "shop/secret.key", "requirements.txt", "a.conf", "setup.py"):
        (tmp_path / name).write_text(name)
    (tmp_path / ".dockerignore").write_text("# not these\n**/*.key\nDockerfile\n")
    (tmp_path / "Dockerfile").write_text(DOCKERFILE)
    return tmp_path


@pytest.fixture
def pushed(monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """What was pushed, by digest, instead of a registry."""
    store: dict[str, bytes] = {}

    def keep(host: str, name: str, *rest: object) -> str:
        content = rest[-1]
        assert isinstance(content, bytes)
        store[registry.digest_of(content)] = content
        return registry.digest_of(content)

    monkeypatch.setattr(registry, "push_blob", keep)
    monkeypatch.setattr(registry, "push_manifest", keep)
    return store


def build(context: Path, **changes: object) -> str:
    return build_and_push("process", context=context, repository="127.0.0.1:1/shop", **changes)  # type: ignore[arg-type]


def test_files_land_where_the_stages_copy_them(context: Path) -> None:
    stage = Dockerfile.parse(context / "Dockerfile", context, {}).stage()
    assert sorted(stage.files) == [
        "/srv/app/a.conf",
        "/srv/app/setup.py",
        "/srv/app/shop/__init__.py",
    ]


def test_the_configuration_is_the_final_stages(context: Path) -> None:
    config = Dockerfile.parse(context / "Dockerfile", context, {}).stage().config
    assert config == {
        "Env": ["A=1", "B=two words"],
        "WorkingDir": "/srv/app",
        "ExposedPorts": {"5000/tcp": {}},
        "User": "10001",
        "Healthcheck": {
            "Interval": 90_000_000_000,
            "Retries": 2,
            "Test": ["CMD", "python3", "check.py"],
        },
        "Entrypoint": ["gunicorn"],
        "Cmd": ["shop:app"],
    }


def test_a_build_argument_reaches_its_stage(context: Path) -> None:
    dockerfile = Dockerfile.parse(context / "Dockerfile", context, {"EXTRA": "debug"})
    assert dockerfile.stage("build").config["Env"] == ["MODE=debug"]


def test_the_same_content_has_the_same_digest(context: Path, pushed: dict[str, bytes]) -> None:
    first = build(context)
    for path in context.rglob("*"):
        os.utime(path, (0, 0))
    (context / "shop" / "secret.key").write_text("ignored, so it changes nothing")
    assert build(context) == first
    manifest = json.loads(pushed[first])
    assert manifest["mediaType"] == "application/vnd.oci.image.manifest.v1+json"
    assert all(part["digest"] in pushed for part in [manifest["config"], *manifest["layers"]])


def test_other_content_has_another_digest(context: Path, pushed: dict[str, bytes]) -> None:
    first = build(context)
    (context / "shop" / "__init__.py").write_text("changed")
    assert build(context) != first


def test_a_missing_source_is_named_with_its_line(context: Path, pushed: dict[str, bytes]) -> None:
    (context / "requirements.txt").unlink()
    with pytest.raises(ImageError, match=r"line 6: requirements.txt is not in the build context"):
        build(context)
    assert pushed == {}


def test_a_context_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match=r"The build context .*/gone does not exist"):
        build(tmp_path / "gone")


def test_an_unknown_stage_is_named(context: Path) -> None:
    with pytest.raises(ImageError, match="it has no stage 'test'"):
        build(context, target="test")


def test_a_silent_registry_is_named(context: Path) -> None:
    with pytest.raises(ImageError, match=r"the registry 127\.0\.0\.1:1 does not answer"):
        build(context)


def test_a_failing_build_step_is_quoted_with_its_last_lines() -> None:
    events = iter(
        [
            {"stream": "Step 1/2 : FROM x\n"},
            {"stream": "Step 2/2 : RUN make\n"},
            *({"stream": f"line {number}\n"} for number in range(50)),
            {"error": "returned a non-zero code: 2"},
        ]
    )
    with pytest.raises(ImageError) as caught:
        images._follow_build(events, Path("Dockerfile"))
    message = str(caught.value)
    assert "failed at 'Step 2/2 : RUN make': returned a non-zero code: 2" in message
    assert "line 49" in message
    assert "line 29" not in message
