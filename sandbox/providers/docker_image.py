"""Images built from a Dockerfile and pushed into the embedded ECR.

Building is in ``sandbox.images``: by a Docker engine, or without one as a single layer of
what the Dockerfile copies.
"""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from sandbox.cloud.dockerfile import context_files, ignore_patterns
from sandbox.images import build_and_push

from .base import Inputs, Outputs, Provider


class Registry(Inputs):
    """Where to push; ECR's credentials change with every run."""

    server: str | None = None
    username: str | None = None
    password: str | None = None


class Build(Inputs):
    """How to build."""

    context: str = "."
    dockerfile: str | None = None
    platform: str | None = None
    target: str | None = None
    args: dict[str, str] = {}
    builder_version: str | None = None


class ImageInputs(Inputs):
    """Inputs of an image; ``context_digest`` is filled in by ``check``."""

    image_name: str
    build: Build = Build()
    registry: Registry | None = None
    skip_push: bool = False
    build_on_preview: bool = False
    context_digest: str = ""


class Image(Provider[ImageInputs]):
    """An image that is built again when the files of its context change."""

    token = "docker:index/image:Image"
    inputs = ImageInputs
    outputs = frozenset({"repoDigest", "imageName", "baseImageName", "registryServer"})
    inert: ClassVar[Mapping[str, str]] = {
        "registry": "the embedded registry on loopback asks for no credentials",
        "buildOnPreview": "the sandbox has no preview",
        "build.builderVersion": "the engine's own builder is used",
    }

    def check(self, name: str, properties: Mapping[str, Any]) -> ImageInputs:
        inputs = super().check(name, properties)
        if inputs.skip_push:
            raise ValueError("skipPush=True is not valid here: tasks pull from the registry.")
        host = self.context.endpoint.partition("://")[2]
        if not inputs.image_name.startswith(f"{host}/"):
            raise ValueError(
                f"imageName={inputs.image_name!r} is not in the embedded registry {host}. "
                "Name the image after the repositoryUrl of an aws.ecr.Repository."
            )
        context, dockerfile = _places(inputs.build)
        for field, path in (("build.context", context), ("build.dockerfile", dockerfile)):
            if not path.exists():
                raise ValueError(f"{field}={str(path)!r} does not exist.")
        return inputs.model_copy(update={"context_digest": _digest(context, dockerfile)})

    def changed(self, old: ImageInputs, new: ImageInputs) -> frozenset[str]:
        """New credentials alone are no change."""
        return super().changed(old, new) - {"registry"}

    def create(self, name: str, inputs: ImageInputs) -> tuple[str, Outputs]:
        repository, tag = _reference(inputs.image_name)
        context, dockerfile = _places(inputs.build)
        digest = build_and_push(
            self.context.engine,
            context=context,
            dockerfile=dockerfile,
            target=inputs.build.target,
            repository=repository,
            tag=tag,
            build_args=inputs.build.args,
            platform=inputs.build.platform,
        )
        return f"{repository}@{digest}", {
            "repoDigest": f"{repository}@{digest}",
            "imageName": inputs.image_name,
            "baseImageName": inputs.image_name,
            "registryServer": repository.partition("/")[0],
        }

    def update(self, id: str, old: ImageInputs, new: ImageInputs, outputs: Outputs) -> Outputs:
        """Build and push again; what was pushed before stays, since tasks may run it."""
        return self.create("", new)[1]

    def delete(self, id: str, outputs: Outputs) -> None:
        """Pushed images stay until their repository goes, as with Pulumi's provider."""


def _places(build: Build) -> tuple[Path, Path]:
    context = Path(build.context).resolve()
    return context, Path(build.dockerfile).resolve() if build.dockerfile else context / "Dockerfile"


def _reference(image: str) -> tuple[str, str]:
    """Repository and tag; the colon before a port is no tag."""
    host, _, rest = image.partition("/")
    name, _, tag = rest.partition(":")
    return f"{host}/{name}", tag or "latest"


def _digest(context: Path, dockerfile: Path) -> str:
    """A hash of all that a build can see."""
    seen = hashlib.sha256(dockerfile.read_bytes())
    files = context_files(context, ignore_patterns(context, dockerfile))
    for name in sorted(files):
        content = hashlib.sha256(files[name].read_bytes()).hexdigest()
        seen.update(f"{name}\0{content}\0".encode())
    return seen.hexdigest()
