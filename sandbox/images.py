"""Build an image from a Dockerfile and push it into the embedded ECR.

With a Docker engine the image is really built. Without one it is an OCI image with one
layer: the files that the Dockerfile copies from its build context to the final stage,
at their places, and the final stage's configuration. ``RUN`` steps have no effect there,
because the process engine runs the image with this machine's Python and packages.
"""

import gzip
import io
import json
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from .cloud import registry
from .cloud.dockerfile import Dockerfile, DockerfileError

ERROR_LINES = 20
"""How much output of a failing build step an error quotes."""
_BUILD_SECONDS = 1800


class ImageError(Exception):
    """The image cannot be built or pushed; the message says at which step and why."""


def build_and_push(
    engine: str,
    *,
    context: Path,
    dockerfile: Path | None = None,
    target: str | None = None,
    repository: str,
    tag: str = "latest",
    build_args: Mapping[str, str] | None = None,
    platform: str | None = None,
) -> str:
    """Build ``context`` and push it; returns the manifest digest (``sha256:…``).

    Args:
        engine: ``docker`` or ``process``.
        context: folder of the build context; its ``.dockerignore`` is honoured.
        dockerfile: default ``<context>/Dockerfile``.
        target: build stage, default the last one.
        repository: ``host:port/name`` of an ECR repository that exists.
        tag: tag to push under.
        build_args: values of the Dockerfile's ``ARG``.
        platform: such as ``linux/arm64``; default the engine's own.

    Raises:
        ImageError: nothing was pushed.
    """
    file = dockerfile or context / "Dockerfile"
    for path, kind in ((context, "build context"), (file, "Dockerfile")):
        if not path.exists():
            raise ImageError(f"The {kind} {path} does not exist.")
    arguments = dict(build_args or {})
    if engine == "docker":
        return _with_docker(context, file, target, repository, tag, arguments, platform)
    return _without_docker(context, file, target, repository, tag, arguments, platform)


def _without_docker(
    context: Path,
    dockerfile: Path,
    target: str | None,
    repository: str,
    tag: str,
    arguments: dict[str, str],
    platform: str | None,
) -> str:
    try:
        stage = Dockerfile.parse(dockerfile, context, arguments).stage(target)
    except DockerfileError as error:
        raise ImageError(f"{dockerfile}: {error}") from None
    plain = _layer(stage.files)
    layer = gzip.compress(plain, compresslevel=6, mtime=0)
    system, _, architecture = (platform or "linux/amd64").partition("/")
    config = _json(
        {
            "architecture": architecture,
            "os": system,
            "config": stage.config,
            "rootfs": {"type": "layers", "diff_ids": [registry.digest_of(plain)]},
        }
    )
    manifest = _json(
        {
            "schemaVersion": 2,
            "mediaType": registry.MANIFEST_TYPE,
            "config": _descriptor(registry.CONFIG_TYPE, config),
            "layers": [_descriptor(registry.LAYER_TYPE, layer)],
        }
    )
    host, _, name = repository.partition("/")
    try:
        for blob in (config, layer):
            registry.push_blob(host, name, blob)
        return registry.push_manifest(host, name, tag, manifest)
    except registry.RegistryError as error:
        raise ImageError(f"Pushing {repository}:{tag} failed: {error}") from None


def _layer(files: Mapping[str, Path]) -> bytes:
    """A tar whose bytes depend on names, contents and execute bits alone."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for place in sorted(files):
            source = files[place]
            entry = tarfile.TarInfo(place.lstrip("/"))
            content = source.read_bytes()
            entry.size = len(content)
            entry.mode = 0o755 if source.stat().st_mode & 0o100 else 0o644
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def _json(document: object) -> bytes:
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode()


def _descriptor(media_type: str, content: bytes) -> dict[str, Any]:
    return {
        "mediaType": media_type,
        "digest": registry.digest_of(content),
        "size": len(content),
    }


def _with_docker(
    context: Path,
    dockerfile: Path,
    target: str | None,
    repository: str,
    tag: str,
    arguments: dict[str, str],
    platform: str | None,
) -> str:
    import docker
    from docker.errors import DockerException

    try:
        client = docker.from_env(timeout=_BUILD_SECONDS)
    except DockerException as error:
        raise ImageError(f"The Docker engine does not answer: {error}") from None
    try:
        built = client.api.build(
            path=str(context.resolve()),
            dockerfile=str(dockerfile.resolve()),
            tag=f"{repository}:{tag}",
            target=target,
            buildargs=arguments,
            platform=platform,
            # Package downloads must work where the engine's own network has no way out.
            network_mode="host",
            rm=True,
            forcerm=True,
            decode=True,
        )
        _follow_build(built, dockerfile)
        pushed = client.api.push(
            repository,
            tag=tag,
            stream=True,
            decode=True,
            auth_config={"username": "AWS", "password": "sandbox"},
        )
        return _follow_push(pushed, f"{repository}:{tag}")
    except DockerException as error:
        raise ImageError(f"Building {context} failed: {error}") from None
    finally:
        client.close()


_PULL_HINT = (
    "\nWhere the base image cannot be pulled, name one that the engine has with "
    "SANDBOX_BASE_IMAGE, or run without Docker: SANDBOX_ENGINE=process."
)


def _follow_build(events: Iterator[dict[str, Any]], dockerfile: Path) -> None:
    """Read the build's events; a failing step is quoted with the end of its output."""
    step, output = "", ""
    for event in events:
        text = str(event.get("stream", ""))
        if text.startswith("Step "):
            step, output = text.strip(), ""
        else:
            output += text
        if "error" in event:
            lines = "\n".join(output.strip().splitlines()[-ERROR_LINES:])
            text = (
                f"{dockerfile}: the build failed at '{step or 'the start'}': "
                f"{event['error']}\n{lines}"
            )
            raise ImageError(f"{text.rstrip()}{_PULL_HINT if ' : FROM ' in step else ''}")


def _follow_push(events: Iterator[dict[str, Any]], image: str) -> str:
    digest = ""
    for event in events:
        if "error" in event:
            raise ImageError(f"Pushing {image} failed: {event['error']}")
        digest = str((event.get("aux") or {}).get("Digest", digest))
    if not digest:
        raise ImageError(f"Pushing {image} ended without a digest.")
    return digest
