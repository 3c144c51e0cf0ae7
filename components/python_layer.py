"""PythonLayer: packages that several functions share, from a requirements file to a Lambda layer.

Owns the zip file and its versions. Leaves out a function's own packages: those go into its
``requirements.txt`` and travel with its code (``packaging.py``).
"""

import base64
import hashlib
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NotRequired, TypedDict, cast

import pulumi
import pulumi_aws as aws

from . import wheels
from .architecture import checked_architecture
from .errors import check_keys, invalid
from .outputs import declared
from .packaging import DIRECT_LIMIT, UNZIPPED_LIMIT, Package, files_of, packed, too_large
from .runtimes import checked_runtime

KIND = "PythonLayer"
FOLDER = "python"
"""Where Lambda's Python looks for packages in a layer."""


class PythonLayerArgs(TypedDict):
    """Settings of a PythonLayer."""

    requirements: NotRequired[str]
    """Path of a requirements file, relative to the program's directory: pinned (``name==version``)
    and complete, so that the same file is the same layer. Markers are read for the runtime.
    Give this or ``archive``."""
    archive: NotRequired[str]
    """Path of a zip file that was built elsewhere, with its packages below ``python/``."""
    runtime: NotRequired[str]
    """``python3.10`` to ``python3.14`` (``python3.13``): whose wheels are taken."""
    architecture: NotRequired[str]
    """``arm64`` (default) or ``x86_64``; that of the functions that use it."""
    description: NotRequired[str]
    """Up to 256 characters; by default the names of the packages."""
    keep_old_versions: NotRequired[bool]
    """Whether replaced versions stay (True): older versions of functions, to which an alias may
    have to go back, still name them. They cost nothing but storage of the account's 75 GB."""


class PythonLayer(pulumi.ComponentResource):
    """A Lambda layer with Python packages for one runtime and architecture.

    The wheels come from the package index, made for Lambda and not for this machine, and are
    kept in a cache (``SLIPWAY_CACHE``, by default ``~/.cache/slipway``), so that only a changed
    file is built again::

        analytics = PythonLayer("analytics", {"requirements": "layer.txt"})
        MultiTriggerFunction("report", {"code": "report", "layers": [analytics.arn]})
    """

    arn: pulumi.Output[str]
    """ARN of the layer's version; goes into ``layers`` of a function."""
    layer_name: pulumi.Output[str]
    """Name of the layer."""
    version: pulumi.Output[str]
    """Number of the version."""
    zip_bytes: pulumi.Output[int]
    """Size of the zip file."""
    unzipped_bytes: pulumi.Output[int]
    """Size once unpacked; a function with all its layers may have 250 MB."""

    def __init__(
        self, name: str, args: PythonLayerArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        who = f"{KIND} '{name}'"
        check_keys(who, args, PythonLayerArgs)
        args = cast(PythonLayerArgs, {k: v for k, v in args.items() if v is not None})
        runtime = checked_runtime(who, "runtime", args.get("runtime"))
        architecture = checked_architecture(who, "architecture", args.get("architecture"))
        description = args.get("description")
        if description is not None and len(description) > 256:
            raise invalid(who, "description", description, "at most 256 characters")
        made, names = _built(who, args, runtime, architecture)
        super().__init__(f"slipway:index:{KIND}", name, {}, opts)
        layer = aws.lambda_.LayerVersion(
            name,
            layer_name=f"{name}-{pulumi.get_stack()}",
            code=pulumi.FileArchive(str(made.path)),
            source_code_hash=made.hash,
            compatible_runtimes=[runtime],
            compatible_architectures=[architecture],
            description=description or ", ".join(names)[:256] or None,
            skip_destroy=args.get("keep_old_versions", True),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.arn = layer.arn
        self.layer_name = layer.layer_name
        self.version = layer.version
        self.zip_bytes = pulumi.Output.from_input(made.zip_bytes)
        self.unzipped_bytes = pulumi.Output.from_input(made.unzipped_bytes)
        self.register_outputs(declared(self, PythonLayer))


def _built(
    who: str, args: PythonLayerArgs, runtime: str, architecture: str
) -> tuple[Package, Sequence[str]]:
    """The zip file, and the names of what is in it."""
    requirements, archive = args.get("requirements"), args.get("archive")
    if (requirements is None) == (archive is None):
        raise ValueError(
            f"{who}: give requirements (a file of pinned packages) or archive (a zip file), "
            f"{'and one of them' if archive is None else 'not both'}."
        )
    if archive is not None:
        return _given(who, Path(archive)), ()
    assert requirements is not None
    file = Path(requirements)
    folder = wheels.install(who, file, runtime=runtime, architecture=architecture)
    files: Mapping[str, Path] = {f"{FOLDER}/{name}": path for name, path in files_of(folder)}
    names = sorted(name for name, _ in wheels.installed(folder))
    field = f"requirements={requirements!r}"
    return packed(who, field, files, known_as=f"layer-{folder.name}"), names


def _given(who: str, archive: Path) -> Package:
    field = f"archive={str(archive)!r}"
    if not archive.is_file():
        raise ValueError(f"{who}: {field} does not exist below {Path.cwd()}. Build it first.")
    try:
        with zipfile.ZipFile(archive) as opened:
            entries = opened.infolist()
    except zipfile.BadZipFile:
        raise ValueError(f"{who}: {field} is no zip file. Zip a folder named python/.") from None
    files = [entry.filename for entry in entries if not entry.is_dir()]
    if not any(name.startswith(f"{FOLDER}/") for name in files):
        raise ValueError(
            f"{who}: {field} has nothing below {FOLDER}/, where Lambda's Python looks. "
            "Next step: zip the folder python/ itself."
        )
    sizes = {entry.filename: entry.file_size for entry in entries}
    content = archive.read_bytes()
    if len(content) > DIRECT_LIMIT:
        raise too_large(who, field, len(content), DIRECT_LIMIT, "as a zip file", sizes)
    if (unzipped := sum(sizes.values())) > UNZIPPED_LIMIT:
        raise too_large(who, field, unzipped, UNZIPPED_LIMIT, "unpacked", sizes)
    digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
    return Package(archive, digest, len(content), unzipped)
