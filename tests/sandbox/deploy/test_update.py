"""The second deploy: only what changed is touched, in an order that keeps things standing."""

import pytest

from sandbox.deploy import DeployError

from .conftest import Project


def test_nothing_is_called_when_nothing_changed(project: Project) -> None:
    program = """
    thing = Thing("thing", value={"ports": [80, 443]}, size=2)
    pulumi.export("arn", thing.arn)
    """
    project.up(program)
    project.cloud.taken()
    result = project.up()
    assert project.cloud.taken() == []
    assert result.counts == {"unchanged": 1}
    assert result.outputs == {"arn": "arn:thing-1"}


def test_a_change_is_an_update_in_place(project: Project) -> None:
    project.up('Thing("thing", size=1)')
    result = project.up('Thing("thing", size=2)')
    assert result.counts == {"updated": 1}
    assert project.cloud.taken() == ["create thing", "update thing-1"]
    assert project.cloud.things["thing-1"]["size"] == 2


def test_a_replacement_is_made_first_and_its_dependents_follow_before_the_old_one_goes(
    project: Project,
) -> None:
    program = """
    base = Thing("base", fixed={fixed!r})
    Thing("user", value=base.id)
    """
    project.up(program.replace("{fixed!r}", "'a'"))
    project.cloud.taken()
    result = project.up(program.replace("{fixed!r}", "'b'"))
    assert project.cloud.taken() == ["create base", "update user-2", "delete base-1"]
    assert project.cloud.things["user-2"]["value"] == "base-3"
    assert {r.name: r.op for r in result.resources} == {"base": "replaced", "user": "updated"}


def test_a_type_that_cannot_exist_twice_is_deleted_first_with_what_hangs_on_it(
    project: Project,
) -> None:
    program = """
    base = Thing("base", kind="fake:index:Unique", fixed="{}")
    tied = Thing("tied", fixed=base.id)
    free = Thing("free", value=base.id)
    Thing("leaf", fixed=tied.id)
    """
    project.up(program.format("a"))
    project.cloud.taken()
    project.up(program.format("b"))
    calls = project.cloud.taken()
    assert calls[:4] == ["delete leaf-4", "delete tied-2", "delete base-1", "create base"] or (
        calls[:4] == ["delete leaf-4", "delete tied-3", "delete base-1", "create base"]
    )
    assert sorted(calls[4:])[:2] == ["create leaf", "create tied"]
    assert sorted(calls[4:])[2].startswith("update free")
    assert len(project.cloud.things) == 4


@pytest.mark.parametrize(("option", "first"), [(True, "delete x-1"), (False, "create x")])
def test_the_programs_delete_before_replace_wins_over_the_types(
    project: Project, option: bool, first: str
) -> None:
    kind = "fake:index:Thing" if option else "fake:index:Unique"
    program = f'Thing("x", Options(delete_before_replace={option}), kind="{kind}", fixed="FIXED")'
    project.up(program)
    project.cloud.taken()
    project.up(program.replace("FIXED", "other"))
    assert project.cloud.taken()[0] == first


def test_replace_on_changes_turns_an_update_into_a_replacement(project: Project) -> None:
    program = 'Thing("x", Options(replace_on_changes=["value"]), value=VALUE)'
    project.up(program.replace("VALUE", "1"))
    assert project.up(program.replace("VALUE", "2")).counts == {"replaced": 1}


def test_what_is_gone_is_deleted_last_dependents_first(project: Project) -> None:
    project.up(
        """
        a = Thing("a")
        b = Thing("b", value=a.id)
        c = Thing("c", Options(depends_on=[b]))
        """
    )
    project.cloud.taken()
    result = project.up('Thing("new")')
    assert project.cloud.taken() == ["create new", "delete c-3", "delete b-2", "delete a-1"]
    assert result.counts == {"created": 1, "deleted": 3}


def test_the_order_of_deletion_follows_the_newest_dependencies(project: Project) -> None:
    project.up('Thing("a"); ')
    project.up('b = Thing("b"); Thing("a", value=b.id)')
    project.cloud.taken()
    project.down()
    assert project.cloud.taken() == ["delete a-1", "delete b-2"]


def test_ignored_changes_keep_the_old_value(project: Project) -> None:
    program = """
    Thing("x", Options(ignore_changes=["size", "value.ports[1]", "tags"]),
          size=SIZE, value={"ports": [80, SIZE], "host": HOST}, **TAGS)
    """

    def at(size: int, host: str, tags: str) -> str:
        return program.replace("SIZE", str(size)).replace("HOST", repr(host)).replace("TAGS", tags)

    project.up(at(1, "a", "{'tags': {'a': 'b'}}"))
    assert project.up(at(2, "a", "{}")).counts == {"unchanged": 1}
    assert project.up(at(3, "b", "{}")).counts == {"updated": 1}
    assert project.cloud.things["x-1"] == {
        "size": 1,
        "value": {"ports": [80, 1], "host": "b"},
        "tags": {"a": "b"},
    }


def test_what_was_not_there_stays_away_when_its_change_is_ignored(project: Project) -> None:
    ignore = 'Options(ignore_changes=["size", "value.host", "value.more.deep", "code[0].x"])'
    project.up(f'Thing("x", {ignore}, value={{"port": 80}})')
    program = f'Thing("x", {ignore}, size=5, value={{"port": 80, "host": "a"}})'
    assert project.up(program).counts == {"unchanged": 1}


def test_everything_can_be_ignored(project: Project) -> None:
    project.up('Thing("x", size=1)')
    program = 'Thing("x", Options(ignore_changes=["*"]), size=2, fixed="new")'
    assert project.up(program).counts == {"unchanged": 1}


def test_a_protected_resource_is_neither_deleted_nor_replaced(project: Project) -> None:
    project.up('Thing("x", Options(protect=True)); Thing("y")')
    project.cloud.taken()
    for program in ("", 'Thing("x", Options(protect=True), fixed="b"); Thing("y")'):
        with pytest.raises(DeployError, match=r"fake:index:Thing 'x' is protected"):
            project.up(program)
    with pytest.raises(DeployError, match="protected"):
        project.down()
    assert project.cloud.taken() == [], "nothing else is deleted either"
    project.up('Thing("x", Options(protect=False))')
    assert project.up("").counts == {"deleted": 1}


def test_a_retained_resource_is_forgotten_but_stays(project: Project) -> None:
    project.up('Thing("x", Options(retain_on_delete=True))')
    project.up("")
    assert list(project.cloud.things) == ["x-1"]
    project.up('Thing("x")')
    assert list(project.cloud.things) == ["x-1", "x-2"]


def test_what_goes_with_another_resource_is_not_deleted_on_its_own(project: Project) -> None:
    project.up('a = Thing("a"); Thing("b", Options(deleted_with=a))')
    project.cloud.taken()
    project.up("")
    assert project.cloud.taken() == ["delete a-1"]


@pytest.mark.parametrize(
    "alias",
    [
        "pulumi.Alias(name='old')",
        "'urn:pulumi:local::project::fake:index:Thing::old'",
    ],
)
def test_a_renamed_resource_with_an_alias_stays(project: Project, alias: str) -> None:
    project.up('Thing("old")')
    assert project.up(f'Thing("new", Options(aliases=[{alias}]))').counts == {"unchanged": 1}
    assert project.up('Thing("new")').counts == {"unchanged": 1}


def test_children_of_a_renamed_component_stay(project: Project) -> None:
    program = """
    part = pulumi.ComponentResource("shop:index:Part", NAME, None, Options(aliases=ALIASES))
    Thing(NAME + "-role", Options(parent=part))
    Thing("other", Options(parent=part))
    """
    project.up(program.replace("NAME", "'old'").replace("ALIASES", "[]"))
    renamed = program.replace("NAME", "'new'").replace("ALIASES", "[pulumi.Alias(name='old')]")
    assert project.up(renamed).counts == {"unchanged": 2}


def test_moving_a_resource_out_of_its_component_with_an_alias_keeps_it(project: Project) -> None:
    project.up(
        """
        part = pulumi.ComponentResource("shop:index:Part", "part")
        Thing("x", Options(parent=part))
        """
    )
    moved = """
    part = pulumi.ComponentResource("shop:index:Part", "part")
    Thing("x", Options(aliases=[pulumi.Alias(parent=part)]))
    """
    assert project.up(moved).counts == {"unchanged": 1}


def test_destroy_deletes_everything(project: Project) -> None:
    project.up('a = Thing("a"); Thing("b", value=a.id)')
    project.cloud.taken()
    project.down()
    assert project.cloud.taken() == ["delete b-2", "delete a-1"]
    assert project.up("").counts == {}


def test_another_stack_of_the_same_cloud_is_left_alone(project: Project) -> None:
    project.up('Thing("a")')
    assert project.up("", stack="other").counts == {}
    assert list(project.cloud.things) == ["a-1"]
