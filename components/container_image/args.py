"""What a caller of ContainerImage writes."""

from collections.abc import Mapping
from typing import NotRequired, TypedDict

import pulumi


class ContainerImageArgs(TypedDict):
    """Settings of a ContainerImage."""

    context: str
    """Folder that is sent to the build, relative to where Pulumi runs. Its ``.dockerignore`` is
    honoured."""
    dockerfile: NotRequired[str]
    """Path of the Dockerfile, relative to ``context``. Default ``Dockerfile``."""
    target: NotRequired[str]
    """Build stage to stop at. By default the last one."""
    build_args: NotRequired[Mapping[str, str]]
    """Values of the Dockerfile's ``ARG`` lines, such as a pinned base image. Never secrets: they
    can be read in the image. None by default."""
    architecture: NotRequired[str]
    """``arm64`` or ``x86_64``, the processor that it will run on. Default ``arm64``. Building for
    another one than the builder's needs emulation (QEMU)."""
    version: NotRequired[str]
    """Readable start of the image's tag, for instance ``1.4.0``: up to 100 letters, digits, ``.``,
    ``_`` and ``-``. The tag always ends in a hash of the content. None by default."""
    repository_name: NotRequired[str]
    """Name of the repository in ECR. By default the component's name and a random suffix, so
    that it can be replaced."""
    keep_releases: NotRequired[int]
    """How many pushed images to keep, 10 to 10000. Default 100. ECR does not know what runs: an
    image older than this many pushes is deleted, and tasks that still run it cannot be
    replaced."""
    untagged_days: NotRequired[int]
    """Days until an image without a tag is deleted, 1 to 3650. Default 14. What this component
    deploys always has a tag."""
    kms_key_arn: NotRequired[pulumi.Input[str]]
    """KMS key that encrypts the images. By default AES-256 with a key of AWS, at no cost.
    Changing it replaces the repository."""
    force_delete: NotRequired[bool]
    """Whether destroying the stack deletes the repository with images in it. Default False; True
    suits stacks for development."""
    tags: NotRequired[Mapping[str, pulumi.Input[str]]]
    """Tags of the repository, over the component's own. None by default."""
