"""Ways into a file system. Nothing is mounted here."""

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from .base import Inputs, Outputs, Provider, Tagged, auto_name
from .common import ignoring, pairs, pascal, present, wire
from .efs import GONE, retag

_PATH = re.compile(r"^/[^\s]{0,99}$")


class PosixUser(Inputs):
    """As whom files are read and written."""

    uid: int
    gid: int
    secondary_gids: list[int] = []


class CreationInfo(Inputs):
    """Who owns the root directory, should it have to be made."""

    owner_uid: int
    owner_gid: int
    permissions: str


class RootDirectory(Inputs):
    """The directory that clients see as the root."""

    path: str = "/"
    creation_info: CreationInfo | None = None


class AccessPointInputs(Tagged):
    """Inputs of an access point."""

    file_system_id: str
    posix_user: PosixUser | None = None
    root_directory: RootDirectory | None = None


class AccessPoint(Provider[AccessPointInputs]):
    """A way into a file system with a user and a root of its own."""

    token = "aws:efs/accessPoint:AccessPoint"
    inputs = AccessPointInputs
    replaces = frozenset({"fileSystemId", "posixUser", "rootDirectory"})
    outputs = frozenset({"arn", "fileSystemArn", "ownerId", "tagsAll"})
    inert: ClassVar[Mapping[str, str]] = {
        "posixUser": "stored; there are no files",
        "rootDirectory": "checked and stored; there are no files",
    }

    def check(self, name: str, properties: Mapping[str, Any]) -> AccessPointInputs:
        inputs = super().check(name, properties)
        root = inputs.root_directory
        if root is not None:
            if not _PATH.match(root.path) or root.path.count("/") > 4:
                raise ValueError(
                    f"rootDirectory.path={root.path!r}: absolute, up to 100 characters, four deep."
                )
            info = root.creation_info
            if info is not None and not re.match(r"^[0-7]{3,4}$", info.permissions):
                raise ValueError(
                    f"rootDirectory.creationInfo.permissions={info.permissions!r} is not octal."
                )
        return inputs

    def create(self, name: str, inputs: AccessPointInputs) -> tuple[str, Outputs]:
        efs, tags = self.context.client("efs"), self.tags(inputs)
        made = efs.create_access_point(
            ClientToken=auto_name(name, limit=64),
            FileSystemId=inputs.file_system_id,
            Tags=pairs(tags),
            **present(
                PosixUser=inputs.posix_user and pascal(wire(inputs.posix_user)),
                RootDirectory=inputs.root_directory and pascal(wire(inputs.root_directory)),
            ),
        )
        arn = made["AccessPointArn"]
        return made["AccessPointId"], {
            "arn": arn,
            "fileSystemArn": arn.rpartition(":")[0] + f":file-system/{inputs.file_system_id}",
            "ownerId": made["OwnerId"],
            "tagsAll": tags,
        }

    def update(
        self, id: str, old: AccessPointInputs, new: AccessPointInputs, outputs: Outputs
    ) -> Outputs:
        tags = self.tags(new)
        retag(self.context.client("efs"), id, outputs, tags)
        return outputs | {"tagsAll": tags}

    def delete(self, id: str, outputs: Outputs) -> None:
        with ignoring(*GONE):
            self.context.client("efs").delete_access_point(AccessPointId=id)
