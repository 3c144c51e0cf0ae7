"""What goes wrong ends in one clear message, and the next deploy works."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError, EndpointConnectionError

from sandbox.deploy import DeployError, deployed

from .conftest import Project


def test_a_failed_create_names_the_resource_and_the_cause_in_one_line(project: Project) -> None:
    error = ClientError({"Error": {"Code": "Throttling", "Message": "too\nfast"}}, "CreateThing")
    project.cloud.fail["create bad"] = [error]
    with pytest.raises(DeployError) as caught:
        project.up('Thing("bad")')
    assert str(caught.value) == (
        "fake:index:Thing 'bad': create failed: CreateThing: Throttling: too fast"
    )
    assert caught.value.urn == "urn:pulumi:local::project::fake:index:Thing::bad"
    assert (caught.value.type, caught.value.name) == ("fake:index:Thing", "bad")
    assert caught.value.__cause__ is error
    assert project.said("failed") == [str(caught.value)]


def test_siblings_in_flight_are_kept_and_dependents_are_not_made(project: Project) -> None:
    project.cloud.fail["create bad"] = [RuntimeError("no")]
    project.cloud.delay = 0.2
    program = """
    bad = Thing("bad")
    Thing("sibling")
    Thing("dependent", value=bad.arn)
    """
    with pytest.raises(DeployError, match=r"'bad': create failed: no"):
        project.up(program)
    assert sorted(project.cloud.taken()) == ["create bad", "create sibling"]
    result = project.up()
    assert project.cloud.taken() == ["create bad", "create dependent"]
    assert result.counts == {"unchanged": 1, "created": 2}


def test_nothing_more_is_started_after_the_first_failure(project: Project) -> None:
    project.cloud.fail["create bad"] = [RuntimeError("no")]
    program = "Thing('bad'); [Thing(f'other-{i}') for i in range(9)]"
    with pytest.raises(DeployError, match=r"'bad': create failed: no"):
        project.up(program, parallel=1)
    assert project.cloud.taken() == ["create bad"]
    assert len(project.said("failed")) == 1


@pytest.mark.parametrize(
    "error",
    [
        EndpointConnectionError(endpoint_url="http://127.0.0.1:4566"),
        ConnectionClosedError(endpoint_url="http://127.0.0.1:4566"),
        ConnectionRefusedError(111, "refused"),
    ],
)
def test_a_cloud_that_died_is_called_so(project: Project, error: Exception) -> None:
    project.cloud.fail["create x"] = [error]
    with pytest.raises(DeployError) as caught:
        project.up('Thing("x")')
    assert str(caught.value) == (
        "the embedded cloud stopped answering while creating fake:index:Thing 'x'"
    )


def test_a_failed_update_is_tried_again(project: Project) -> None:
    project.up('Thing("x", size=1)')
    project.cloud.fail["update x-1"] = [RuntimeError("no")]
    with pytest.raises(DeployError, match=r"'x': update failed: no"):
        project.up('Thing("x", size=2)')
    assert project.up().counts == {"updated": 1}
    assert project.cloud.things["x-1"]["size"] == 2


def test_what_a_failed_deploy_should_have_deleted_is_deleted_by_the_next(project: Project) -> None:
    project.up('Thing("x", fixed="a"); Thing("y")')
    project.cloud.fail["create z"] = [RuntimeError("no")]
    program = 'x = Thing("x", fixed="b"); Thing("z", value=x.id)'
    with pytest.raises(DeployError):
        project.up(program)
    assert len(project.cloud.things) == 3, "x twice, y"
    project.cloud.taken()
    project.up()
    assert project.cloud.taken()[0] == "create z"
    assert sorted(name.split("-")[0] for name in project.cloud.things) == ["x", "z"]


def test_a_failed_delete_is_tried_again(project: Project) -> None:
    project.up('Thing("x")')
    project.cloud.fail["delete x-1"] = [RuntimeError("busy")]
    with pytest.raises(DeployError, match=r"'x': delete failed: busy"):
        project.up("")
    project.up()
    assert project.cloud.things == {}


def test_an_interrupt_keeps_what_was_made(project: Project) -> None:
    program = """
    import os, signal
    first = Thing("first")
    first.arn.apply(lambda _: os.kill(os.getpid(), signal.SIGINT))
    Thing("second", value=first.arn.apply(lambda arn: arn))
    """
    with pytest.raises(KeyboardInterrupt):
        project.up(program)
    found = deployed(project.state)
    assert found is not None
    assert "first" in [resource.name for resource in found.resources]
    project.up('Thing("first")')
    assert list(project.cloud.things) == ["first-1"]


@pytest.mark.parametrize(
    ("program", "message"),
    [
        ("raise ValueError('cpu=300 is not valid')", "cpu=300 is not valid"),
        (
            "pulumi.Config().require('missing')",
            "Missing required configuration variable 'project:missing'",
        ),
        ("1 / 0", "the program failed at __main__.py:11: ZeroDivisionError: division by zero"),
        ("raise SystemExit(3)", "the program failed at __main__.py:11: SystemExit: 3"),
    ],
)
def test_a_mistake_in_the_program_creates_nothing(
    project: Project, program: str, message: str
) -> None:
    with pytest.raises(DeployError) as caught:
        project.up(f"Thing('x')\n{program}")
    assert str(caught.value).splitlines()[0] == message
    assert project.cloud.taken() == []


def test_a_settings_error_is_shown_as_pydantic_says_it(project: Project) -> None:
    program = """
    import pydantic
    class Settings(pydantic.BaseModel):
        replicas: int
    Settings(replicas="many")
    """
    with pytest.raises(DeployError, match="replicas\n  Input should be a valid integer"):
        project.up(program)


def test_an_error_in_apply_names_its_place(project: Project) -> None:
    with pytest.raises(DeployError, match=r"the program failed at __main__.py:10: KeyError: 'no'"):
        project.up('pulumi.export("x", Thing("x").arn.apply(lambda arn: {}["no"]))')


def test_a_program_that_waits_for_ever_is_ended_with_a_trace(project: Project) -> None:
    program = """
    import asyncio
    async def main():
        await asyncio.Event().wait()
    pulumi.run(main)
    """
    with pytest.raises(DeployError, match=r"did nothing for 3 seconds .*/hang\.txt"):
        project.up(program, hang_seconds=3)
    assert "Thread" in (project.state / "hang.txt").read_text()


def test_a_program_that_blocks_its_own_loop_is_ended_with_its_line_in_the_trace(
    project: Project,
) -> None:
    with pytest.raises(DeployError, match=r"did nothing for 3 seconds"):
        project.up("import time\ntime.sleep(60)", hang_seconds=3)
    assert "__main__.py" in (project.state / "hang.txt").read_text()


def test_a_slow_operation_is_not_a_hang(project: Project) -> None:
    project.cloud.delay = 6.0
    assert project.up('Thing("x")', hang_seconds=3).counts == {"created": 1}


def test_a_state_of_another_boot_is_ignored_and_said(project: Project) -> None:
    project.up('Thing("x")', boot="one")
    assert project.up(boot="one").counts == {"unchanged": 1}
    assert project.up(boot="two").counts == {"created": 1}
    assert project.said("note") == ["the cloud has been restarted: its old state is ignored"]
    assert deployed(project.state, boot="one") is None


def test_the_state_is_private_and_whole_after_every_operation(project: Project) -> None:
    seen: list[list[str]] = []
    file = project.state / "state.json"

    def look(event: Any) -> None:
        if event.kind == "created":
            document = json.loads(file.read_text())
            seen.append(sorted(entry["name"] for entry in document["resources"]))

    project.up('a = Thing("a"); Thing("b", value=a.id)', on_event=look)
    assert seen == [["a"], ["a", "b"]]
    assert file.stat().st_mode & 0o777 == 0o600
    entry = json.loads(file.read_text())["resources"][1]
    assert entry["id"] == "b-2"
    assert entry["dependencies"] == ["urn:pulumi:local::project::fake:index:Thing::a"]
    found = deployed(project.state)
    assert found is not None
    assert [resource.name for resource in found.resources] == ["a", "b"]


def test_a_disk_that_is_full_or_a_state_that_is_broken_is_said(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.up('Thing("a")')
    (project.state / "state.json").write_text('{"version": 1, "boo')
    with pytest.raises(DeployError, match=r"state\.json cannot be read .* Delete it\."):
        project.up()
    (project.state / "state.json").unlink()

    def full(self: Path, target: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(DeployError, match=r"cannot be written: No space left on device"):
        project.up()


def test_a_provider_of_another_version_replaces_what_it_cannot_read(project: Project) -> None:
    project.up('Thing("x")')
    file = project.state / "state.json"
    document = json.loads(file.read_text())
    document["resources"][0]["checked"]["bygone"] = 1
    file.write_text(json.dumps(document))
    assert project.up().counts == {"replaced": 1}


def test_no_event_loop_is_left_behind(project: Project) -> None:
    project.up('Thing("x")')
    with pytest.raises(RuntimeError):
        asyncio.get_running_loop()
