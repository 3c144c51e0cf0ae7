"""File systems: what is refused after a look at what exists."""

import pytest

from .world import World

pytestmark = pytest.mark.sandbox
SYSTEM, TARGET = "aws:efs/fileSystem:FileSystem", "aws:efs/mountTarget:MountTarget"


def test_a_zone_has_one_mount_target_and_a_system_with_one_stays(world: World) -> None:
    system, outputs = world.make(SYSTEM, "mounted")
    target = world.make(TARGET, fileSystemId=system, subnetId=world.subnets[0])
    with pytest.raises(world.client("efs").exceptions.MountTargetConflict):
        world.make(TARGET, fileSystemId=system, subnetId=world.subnets[0])
    with pytest.raises(world.client("efs").exceptions.FileSystemInUse):
        world.provider(SYSTEM).delete(system, outputs)
    world.provider(TARGET).delete(*target)
    world.provider(SYSTEM).delete(system, outputs)


def test_a_creation_token_makes_one_file_system(world: World) -> None:
    assert world.make(SYSTEM, "one", creationToken="once")[0]
    with pytest.raises(ValueError, match=r"creationToken='once': there is a file system"):
        world.make(SYSTEM, "two", creationToken="once")


def test_a_file_system_that_changes_its_zone_has_a_new_target_in_its_place(world: World) -> None:
    assert world.provider(TARGET).delete_before_replace
