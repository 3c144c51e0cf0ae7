"""Resource hooks and error hooks run when the official engine would run them."""

import pytest

from sandbox.deploy import DeployError

from .conftest import Project

HOOKS = """
import asyncio, time, pathlib
LOG = pathlib.Path("log.txt")

def say(text):
    with LOG.open("a") as stream:
        print(text, file=stream)

def told(args):
    say(f"{args.name} {args.id or '-'} old={args.old_inputs and args.old_inputs.get('size')}"
        f" new={args.new_inputs and args.new_inputs.get('size')}"
        f" arn={(args.new_outputs or args.old_outputs or {}).get('arn')}")

def hook(moment, **options):
    def run(args):
        say(moment)
        told(args)
    return pulumi.ResourceHook(moment, run, pulumi.ResourceHookOptions(**options))

ALL = ("before_create", "after_create", "before_update", "after_update",
       "before_delete", "after_delete")
binding = pulumi.ResourceHookBinding(**{moment: [hook(moment)] for moment in ALL})
"""


def log(project: Project) -> list[str]:
    file = project.directory / "log.txt"
    lines = file.read_text().splitlines() if file.exists() else []
    file.unlink(missing_ok=True)
    return lines


def test_hooks_see_what_the_engine_would_show_them(project: Project) -> None:
    program = HOOKS + 'Thing("x", Options(hooks=binding), size=SIZE)'
    project.up(program.replace("SIZE", "1"))
    assert log(project) == [
        "before_create",
        "x - old=None new=1.0 arn=None",
        "after_create",
        "x x-1 old=None new=1.0 arn=arn:x-1",
    ]
    project.up()
    assert log(project) == [], "not called when the resource is unchanged"
    project.up(program.replace("SIZE", "2"))
    assert log(project) == [
        "before_update",
        "x x-1 old=1.0 new=2.0 arn=arn:x-1",
        "after_update",
        "x x-1 old=1.0 new=2.0 arn=arn:x-1",
    ]
    project.up(HOOKS)
    assert log(project) == [
        "before_delete",
        "x x-1 old=2.0 new=None arn=arn:x-1",
        "after_delete",
        "x x-1 old=2.0 new=None arn=arn:x-1",
    ]


def test_a_replacement_runs_create_hooks_then_delete_hooks(project: Project) -> None:
    program = HOOKS + 'Thing("x", Options(hooks=binding), fixed="FIXED")'
    project.up(program)
    log(project)
    project.up(program.replace("FIXED", "b"))
    assert log(project)[::2] == ["before_create", "after_create", "before_delete", "after_delete"]


def test_a_delete_hook_that_is_no_longer_defined_is_skipped_and_said(project: Project) -> None:
    project.up(HOOKS + 'Thing("x", Options(hooks=binding))')
    log(project)
    project.down()
    assert log(project) == []
    assert project.cloud.things == {}
    assert "before_delete hook 'before_delete' is not defined" in project.said("note")[0]


def test_functions_and_coroutines_are_hooks_too(project: Project) -> None:
    project.up(
        HOOKS
        + """
first = Thing("first")
async def waits(args):
    await asyncio.sleep(0.01)
    say("awaited " + await first.arn.future())
Thing("x", Options(hooks=pulumi.ResourceHookBinding(before_create=[lambda args: say("called")],
                                                    after_create=[waits])))
"""
    )
    assert log(project) == ["called", "awaited arn:first-1"]


def test_a_hook_that_waits_does_not_hold_up_other_resources(project: Project) -> None:
    project.up(
        HOOKS
        + """
import threading
released = threading.Event()
def waits(args):
    assert released.wait(60)
Thing("slow", Options(hooks=pulumi.ResourceHookBinding(before_create=[waits])))
a = Thing("a")
b = Thing("b", value=a.arn)
b.arn.apply(lambda _: released.set())
"""
    )
    assert project.cloud.taken() == ["create a", "create b", "create slow"]


def test_a_hook_may_work_on_a_thread_even_when_one_operation_runs_at_once(
    project: Project,
) -> None:
    project.up(
        HOOKS
        + """
async def works(args):
    await asyncio.to_thread(say, args.name)
binding = pulumi.ResourceHookBinding(after_create=[works])
for i in range(3): Thing(f"x{i}", Options(hooks=binding))
""",
        parallel=1,
        hang_seconds=5,
    )
    assert sorted(log(project)) == ["x0", "x1", "x2"]


def test_a_secret_input_is_a_secret_output_to_the_hook(project: Project) -> None:
    project.up(
        HOOKS
        + """
async def look(args):
    secret = args.new_inputs["secret"]
    say(f"{await secret.is_secret()} {await secret.future()}")
Thing("x", Options(hooks=pulumi.ResourceHookBinding(after_create=[look])),
      secret=pulumi.Output.secret("hunter2"))
"""
    )
    assert log(project) == ["True hunter2"]


def test_a_hook_in_flight_is_waited_for_when_another_resource_fails(project: Project) -> None:
    project.cloud.fail["create bad"] = [RuntimeError("no")]
    with pytest.raises(DeployError, match=r"'bad': create failed: no"):
        project.up(
            HOOKS
            + """
started = asyncio.Event()
async def works(args):
    started.set()
    await asyncio.sleep(0.3)
    say("done")
Thing("x", Options(hooks=pulumi.ResourceHookBinding(after_create=[works])))
async def main():
    await started.wait()
    Thing("bad")
pulumi.run(main)
"""
        )
    assert log(project) == ["done"]
    assert project.said("failed") == ["fake:index:Thing 'bad': create failed: no"]


FAILING = """
def fails(args):
    raise RuntimeError("the gate is closed")
hook = pulumi.ResourceHook("gate", fails, pulumi.ResourceHookOptions(ignore_errors=IGNORE))
Thing("x", Options(hooks=pulumi.ResourceHookBinding(MOMENT=[hook])))
"""


def failing(moment: str, ignore: bool = False) -> str:
    return FAILING.replace("MOMENT", moment).replace("IGNORE", str(ignore))


def test_nothing_is_created_when_a_before_hook_raises(project: Project) -> None:
    with pytest.raises(DeployError) as caught:
        project.up(failing("before_create"))
    assert str(caught.value) == (
        "fake:index:Thing 'x': before_create hook 'gate' failed: the gate is closed"
    )
    assert project.cloud.taken() == []
    assert project.up('Thing("x")').counts == {"created": 1}


def test_the_resource_is_kept_when_an_after_hook_raises(project: Project) -> None:
    with pytest.raises(DeployError, match=r"'x': after_create hook 'gate' failed: the gate is"):
        project.up(failing("after_create") + 'Thing("y", Options(depends_on=[]))')
    assert project.up('Thing("x"); Thing("y")').counts["updated"] == 1
    assert len([id for id in project.cloud.things if id.startswith("x")]) == 1


def test_an_after_hook_that_raised_is_asked_again_although_nothing_changed(
    project: Project,
) -> None:
    program = failing("after_create").replace("=[hook]", "=[hook], after_update=[hook]")
    for _ in range(2):
        with pytest.raises(DeployError, match="the gate is closed"):
            project.up(program)
    mended = program.replace('raise RuntimeError("the gate is closed")', "pass")
    assert project.up(mended).counts == {"updated": 1}
    assert project.up(mended).counts == {"unchanged": 1}


def test_what_a_hook_says_in_several_lines_stays_in_several_lines(project: Project) -> None:
    with pytest.raises(DeployError, match=r"closed\n  key: lost"):
        project.up(failing("after_create").replace("closed", "closed\\n  key: lost"))


def test_a_hook_whose_errors_are_ignored_only_warns(project: Project) -> None:
    assert project.up(failing("after_create", ignore=True)).counts == {"created": 1}
    warning = [event for event in project.events if event.level == "warning"]
    assert [event.detail for event in warning] == [
        "after_create hook 'gate' failed: the gate is closed"
    ]


RETRY = """
def again(args):
    say(f"{args.failed_operation} {args.errors} {args.new_inputs and args.new_inputs['size']}")
    return len(args.errors) < 3
Thing("x", Options(hooks=pulumi.ResourceHookBinding(on_error=[pulumi.ErrorHook("again", again)])),
      size=SIZE)
"""


def test_an_error_hook_has_the_operation_tried_again(project: Project) -> None:
    project.cloud.fail["create x"] = [RuntimeError("one"), RuntimeError("two")]
    project.cloud.fail["update x-1"] = [RuntimeError("three")]
    project.up(HOOKS + RETRY.replace("SIZE", "1"))
    project.up(HOOKS + RETRY.replace("SIZE", "2"))
    assert project.cloud.taken() == [*["create x"] * 3, *["update x-1"] * 2]
    assert log(project) == [
        "create ['one'] 1.0",
        "create ['two', 'one'] 1.0",
        "update ['three'] 2.0",
    ]


def test_the_failure_stands_when_the_error_hook_gives_up(project: Project) -> None:
    project.cloud.fail["create x"] = [RuntimeError(text) for text in ("one", "two", "three")]
    with pytest.raises(DeployError, match=r"'x': create failed: three"):
        project.up(HOOKS + RETRY.replace("SIZE", "1"))


def test_hooks_on_a_component_are_refused(project: Project) -> None:
    with pytest.raises(DeployError, match="hooks on a component"):
        project.up(HOOKS + 'pulumi.ComponentResource("a:b:C", "c", None, Options(hooks=binding))')


def test_hooks_that_use_boto3_reach_the_embedded_cloud_only(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    project.up(
        HOOKS
        + """
import boto3
def look(args):
    client = boto3.client("sqs")
    say(client.meta.endpoint_url + " " + client._request_signer._credentials.access_key)
Thing("x", Options(hooks=pulumi.ResourceHookBinding(after_create=[look])))
"""
    )
    assert log(project) == ["http://127.0.0.1:4566 test"]
