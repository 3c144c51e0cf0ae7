"""``opts.provider``: its settings reach what it serves, whether or not a program runs."""

import pytest

from sandbox.deploy import DeployError

from .conftest import Project

HEADER = """
class Place(pulumi.ProviderResource):
    def __init__(self, name, opts=None, **props):
        super().__init__("fake", name, props, opts)

def put(name, place, kind="fake:index:Placed", *, ignore=(), **props):
    return Thing(name, Options(provider=place, ignore_changes=list(ignore)), kind=kind, **props)
"""
ONE = """
place = Place("place", site="oslo", door="DOOR")
thing = put("thing", place, size=SIZE)
pulumi.export("arn", thing.arn)
"""


@pytest.fixture
def project(project: Project) -> Project:
    """One whose programs know places."""
    project.header += HEADER
    return project


def one(*, door: str = "", size: int = 1) -> str:
    return ONE.replace("DOOR", door).replace("SIZE", str(size))


def test_settings_reach_creation_update_and_deletion(project: Project) -> None:
    project.up(one())
    project.up(one(size=2))
    project.up('Place("place", site="oslo", door="")')
    assert project.cloud.taken() == [
        "open oslo",
        "create thing at oslo",
        "update thing-2 at oslo",
        "delete thing-2 at oslo",
    ]


def test_destroying_finds_the_settings_in_the_state_and_ends_the_provider_last(
    project: Project,
) -> None:
    project.up(one())
    project.up(one())  # what is unchanged moves in the state and must keep its order
    project.cloud.taken()
    project.down()
    assert project.cloud.taken() == ["delete thing-2 at oslo", "close place-1"]


def test_new_settings_of_the_same_place_touch_nothing_and_are_used_from_then_on(
    project: Project,
) -> None:
    project.up(one())
    project.cloud.taken()
    result = project.up(one(door="/back"))
    assert {item.name: item.op for item in result.resources} == {
        "place": "updated",
        "thing": "unchanged",
    }
    project.down()
    assert project.cloud.taken() == ["move /back", "delete thing-2 at oslo/back", "close place-1"]


def test_at_another_place_everything_is_made_anew_and_the_old_place_is_cleared(
    project: Project,
) -> None:
    project.up(one())
    project.cloud.taken()
    result = project.up(one().replace("oslo", "rome"))
    assert project.cloud.taken() == [
        "open rome",
        "create thing at rome",
        "delete thing-2 at oslo",
        "close place-1",
    ]
    assert result.outputs == {"arn": "arn:thing-4"}


@pytest.mark.parametrize(("site", "calls"), [("oslo", []), ("rome", ["create thing at rome"])])
def test_another_provider_means_another_resource_only_where_it_leads_elsewhere(
    project: Project, site: str, calls: list[str]
) -> None:
    project.up(one())
    project.cloud.taken()
    project.up(one().replace('"place", site="oslo"', f'"other", site="{site}"'))
    made = [call for call in project.cloud.taken() if call.startswith(("create", "update"))]
    assert made == calls


def test_without_an_explicit_provider_there_are_no_settings(project: Project) -> None:
    project.up('Thing("thing", kind="fake:index:Placed")')
    project.up('put("thing", Place("place", site="oslo"))')
    assert project.cloud.taken() == [
        "create thing nowhere",
        "open oslo",
        "create thing at oslo",
        "delete thing-1 nowhere",
    ]


def test_reading_goes_through_the_provider(project: Project) -> None:
    program = """
    place = Place("place", site="oslo")
    found = Thing("found", Options(provider=place, id="x-1"), kind="fake:index:Placed")
    pulumi.export("arn", found.arn)
    """
    assert project.up(program).outputs == {"arn": "arn:at oslo"}


def test_what_stands_at_a_place_that_must_go_first_goes_before_it(project: Project) -> None:
    program = """
    base = Thing("base", kind="fake:index:Unique", fixed="FIXED")
    place = Place("place", site=base.id)
    put("thing", place)
    """
    project.up(program)
    project.cloud.taken()
    project.up(program.replace("FIXED", "other"))
    assert project.cloud.taken() == [
        "delete thing-3 at base-1",
        "close place-2",
        "delete base-1",
        "create base",
        "open base-4",
        "create thing at base-4",
    ]


def test_a_renamed_provider_with_an_alias_is_still_the_same(project: Project) -> None:
    project.up(one())
    project.cloud.taken()
    alias = 'Place("office", Options(aliases=[pulumi.Alias(name="place")]), '
    project.up(one().replace('Place("place", ', alias))
    project.down()
    assert project.cloud.taken() == ["delete thing-2 at oslo", "close place-1"]


def test_ignored_paths_are_told_to_the_provider(project: Project) -> None:
    project.up('put("thing", Place("place", site="oslo"), ignore=["value.count", "size"])')
    assert project.cloud.ignored == ["value.count", "size"]


def test_what_was_made_but_did_not_become_ready_is_remembered_and_finished(
    project: Project,
) -> None:
    program = 'put("thing", Place("place", site="oslo"), value="VALUE")'
    with pytest.raises(DeployError, match="'thing': create failed: it never became ready"):
        project.up(program.replace("VALUE", "slow"))
    with pytest.raises(DeployError, match="'thing': update failed: it never became ready"):
        project.up()  # nothing has changed, and still it is not what it is to be
    result = project.up(program.replace("VALUE", "quick"))
    made, *others = project.cloud.taken()[1:]
    assert (made, others) == ("create thing at oslo", ["update thing-2 at oslo"] * 2)
    assert result.counts == {"unchanged": 1, "updated": 1}
    assert project.up().counts == {"unchanged": 2}


def test_an_update_that_did_not_become_ready_is_undone_by_the_old_program(
    project: Project,
) -> None:
    program = 'put("thing", Place("place", site="oslo"), value="VALUE")'
    project.up(program.replace("VALUE", "quick"))
    with pytest.raises(DeployError, match="update failed"):
        project.up(program.replace("VALUE", "slow"))
    assert project.up(program.replace("VALUE", "quick")).counts == {"unchanged": 1, "updated": 1}


def test_what_was_never_ready_is_destroyed_all_the_same(project: Project) -> None:
    with pytest.raises(DeployError, match="never became ready"):
        project.up('put("thing", Place("place", site="oslo"), value="slow")')
    project.cloud.taken()
    project.down()
    assert project.cloud.taken() == ["delete thing-2 at oslo", "close place-1"]


def test_a_deploy_that_fails_half_way_does_not_mix_up_the_order_of_destruction(
    project: Project,
) -> None:
    program = """
    place = Place("place", site="oslo")
    base = Thing("base", size=1)
    put("thing", place, value=base.id, size=SIZE)
    """
    project.up(program.replace("SIZE", "1"))
    # The provider and the base are looked at again, what stands on them is not.
    project.cloud.fail["update thing-3 at oslo"] = [RuntimeError("no answer")]
    with pytest.raises(DeployError, match="no answer"):
        project.up(program.replace("SIZE", "2"))
    project.cloud.taken()
    project.down()
    calls = project.cloud.taken()
    assert calls[0] == "delete thing-3 at oslo"
    assert sorted(call[:-2] for call in calls[1:]) == ["close place", "delete base"]
