"""A first deploy: order, parallelism, outputs, secrets, options, what is refused."""

import threading
from pathlib import Path

import pytest

from sandbox.deploy import DeployError, connect

from .conftest import Project


def test_independent_resources_are_created_in_parallel(project: Project) -> None:
    project.cloud.together = threading.Barrier(20)
    result = project.up("for i in range(20): Thing(f'thing-{i}')")
    assert result.counts == {"created": 20}
    assert project.cloud.most_at_once == 20


def test_parallel_limits_how_many_operations_run_at_once(project: Project) -> None:
    project.cloud.together = threading.Barrier(2)
    project.up("for i in range(6): Thing(f'thing-{i}')", parallel=2)
    assert project.cloud.most_at_once == 2


def test_a_dependent_waits_for_what_it_refers_to(project: Project) -> None:
    project.cloud.delay = 0.05
    result = project.up(
        """
        first = Thing("first")
        second = Thing("second", value=first.arn)
        third = Thing("third", Options(depends_on=[second]))
        pulumi.export("value", second.value)
        """
    )
    assert project.cloud.taken() == ["create first", "create second", "create third"]
    assert result.outputs == {"value": "arn:first-1"}


def test_secret_exports_are_marked_and_numbers_are_whole(project: Project) -> None:
    project.write(
        """
        thing = Thing("thing", value=pulumi.Config().require_secret("password"))
        pulumi.export("password", thing.value)
        pulumi.export("nested", {"inner": thing.value})
        pulumi.export("arn", thing.arn)
        pulumi.export("count", 3)
        """,
        Pulumi__yaml="""
        name: shop
        config: {password: {type: string, secret: true, default: hunter2}}
        """,
    )
    result = project.up()
    assert result.outputs == {
        "password": "hunter2",
        "nested": {"inner": "hunter2"},
        "arn": "arn:thing-1",
        "count": 3,
    }
    assert isinstance(result.outputs["count"], int)
    assert result.secret_outputs == {"password", "nested"}
    assert project.cloud.things["thing-1"]["value"] == "hunter2"
    assert project.up().secret_outputs == {"password", "nested"}, "also when nothing changes"


def test_an_output_that_the_program_calls_secret_stays_secret(project: Project) -> None:
    result = project.up(
        """
        thing = Thing("thing", Options(additional_secret_outputs=["arn"]))
        pulumi.export("arn", thing.arn)
        """
    )
    assert result.outputs == {"arn": "arn:thing-1"}
    assert result.secret_outputs == {"arn"}


def test_a_child_of_components_has_all_their_types_in_its_urn(project: Project) -> None:
    result = project.up(
        """
        outer = pulumi.ComponentResource("shop:index:Outer", "outer")
        inner = pulumi.ComponentResource("shop:index:Inner", "inner", None, Options(parent=outer))
        Thing("thing", Options(parent=inner))
        """
    )
    assert [resource.urn for resource in result.resources] == [
        "urn:pulumi:local::project::shop:index:Outer$shop:index:Inner$fake:index:Thing::thing"
    ], "components are no resources of the cloud"


def test_an_async_program_is_served(project: Project) -> None:
    result = project.up(
        """
        async def main():
            thing = Thing("thing")
            return {"arn": await thing.arn.future()}
        pulumi.run(main)
        """
    )
    assert result.outputs == {"arn": "arn:thing-1"}


def test_an_existing_resource_is_read_and_never_deleted(project: Project) -> None:
    program = """
    found = pulumi.CustomResource("fake:index:Thing", "old", {"arn": None}, Options(id="it"))
    Thing("new", value=found.id)
    """
    project.cloud.things["it"] = {"value": 1}
    assert project.up(program).counts == {"created": 1}
    project.up("")
    assert project.cloud.things == {"it": {"value": 1}}


def test_a_resource_given_as_a_value_is_its_id(project: Project) -> None:
    project.up(
        """
        class Module:  # as generated packages have one, to make objects from references
            def version(self): return None
            def construct(self, name, typ, urn): raise AssertionError(name)
        pulumi.runtime.register_resource_module("fake", "index", Module())
        Thing("b", value=Thing("a"))
        """
    )
    assert project.cloud.things["b-2"]["value"] == "a-1"


def test_a_function_gets_its_arguments_and_answers(project: Project) -> None:
    result = project.up(
        """
        answer = pulumi.runtime.invoke("fake:index/zones:zones", {"letters": ["a", "b"]})
        pulumi.export("zones", answer.value["names"])
        """
    )
    assert result.outputs == {"zones": ["us-east-1a", "us-east-1b"]}


def test_a_recorded_only_type_is_called_so(project: Project) -> None:
    result = project.up('Thing("a", kind="fake:index:Recorded"); Thing("b")')
    assert {
        resource.name: (resource.verdict, resource.reason) for resource in result.resources
    } == {
        "a": ("recorded", "nothing behind it"),
        "b": ("real", ""),
    }


def test_default_tags_of_the_stack_reach_the_resource_and_changing_them_updates_it(
    project: Project,
) -> None:
    def tags(owner: str) -> dict[str, object]:
        return {"aws:defaultTags": {"tags": {"owner": owner, "stage": "default"}}}

    project.write('Thing("thing", tags={"stage": "own"})')
    project.up(config=tags("me"))
    assert project.cloud.things["thing-1"]["tags"] == {"owner": "me", "stage": "own"}
    assert project.up(config=tags("you")).counts == {"updated": 1}
    assert project.cloud.things["thing-1"]["tags"] == {"owner": "you", "stage": "own"}


def test_events_tell_what_happens_and_what_the_program_logs(project: Project) -> None:
    project.up('pulumi.log.warn("careful"); pulumi.log.debug("noise"); Thing("thing")')
    told = [(event.kind, event.name, event.detail, event.level) for event in project.events]
    assert told == [
        ("log", "", "careful", "warning"),
        ("start", "thing", "create", ""),
        ("created", "thing", "", ""),
    ]
    assert project.events[-1].urn.endswith("::fake:index:Thing::thing")


@pytest.mark.parametrize(
    ("program", "message"),
    [
        (
            "pulumi.CustomResource('fake:index:Nothing', 'x')",
            r"fake:index:Nothing 'x': no provider of the sandbox serves this type\. "
            r'Add a class with token = "fake:index:Nothing"',
        ),
        (
            "pulumi.ComponentResource('fake:index:Cluster', 'x', {}, None, True)",
            r"fake:index:Cluster 'x': no provider of the sandbox serves this type",
        ),
        (
            "pulumi.runtime.invoke('fake:index/nothing:nothing', {})",
            r"fake:index/nothing:nothing: no provider of the sandbox serves this function",
        ),
        ("Thing('x', colour='red')", r"fake:index:Thing 'x': the sandbox cannot honour colour"),
        ("Thing('x', size='big')", r"fake:index:Thing 'x': the sandbox cannot honour size: "),
        ("Thing('x'); Thing('x')", r"fake:index:Thing 'x' is declared twice"),
        (
            "Thing('x', Options(import_='id'))",
            r"fake:index:Thing 'x': the sandbox does not serve .* 'import_'",
        ),
        (
            "Thing('x', Options(transforms=[lambda args: None]))",
            r"fake:index:Thing 'x': the sandbox does not serve .* 'transforms'",
        ),
        (
            "pulumi.runtime.register_resource_transform(lambda args: None)",
            r"the sandbox does not serve stack transforms",
        ),
        (
            "pulumi.CustomResource('fake:index:Bad', 'x')",
            r"fake:index:Bad 'x': its provider returned what is not JSON",
        ),
        (
            "pulumi.CustomResource('fake:index:Forgetful', 'x')",
            r"fake:index:Forgetful 'x': its provider did not return url",
        ),
        (
            "pulumi.CustomResource('fake:index:Bad', 'x', {}, Options(id='some'))",
            r"fake:index:Bad 'x': read failed: fake:index:Bad cannot be read",
        ),
    ],
)
def test_what_cannot_be_served_is_refused_by_name(
    project: Project, program: str, message: str
) -> None:
    with pytest.raises(DeployError, match=f"^{message}") as caught:
        project.up(program)
    assert "Traceback" not in str(caught.value)


def test_a_context_of_another_region_than_the_stack_is_refused(project: Project) -> None:
    with pytest.raises(DeployError, match=r"stack 'local' is for eu-west-1 \(aws:region\)"):
        project.up("", config={"aws:region": "eu-west-1"})


def test_an_example_is_deployed_by_its_file(project: Project, tmp_path: Path) -> None:
    project.write("import helper; Thing(helper.NAME)", helper__py="NAME = 'from-helper'")
    assert [r.name for r in project.up().resources] == ["from-helper"]


def test_the_context_shares_one_client_a_service_over_threads() -> None:
    context = connect("http://127.0.0.1:1", region="eu-west-1")
    assert context.client("sqs") is context.client("sqs")
    assert context.client("sqs").meta.endpoint_url == "http://127.0.0.1:1"
    assert context.client("sqs").meta.region_name == context.region == "eu-west-1"
