"""The alias: on the newest version, or with an older one beside it."""

from typing import Any

import pytest

from .helpers import ALIAS, MACHINE, MACHINE_ARN, machine, refusal


def routes(**release: Any) -> Any:
    return machine(release=release).one(ALIAS).inputs["routingConfigurations"]


def test_each_change_is_a_version_and_the_alias_is_on_the_newest() -> None:
    deployment = machine()
    assert deployment.one(MACHINE).inputs["publish"] is True
    alias = deployment.one(ALIAS, "orders")
    newest = deployment.one(MACHINE).outputs["stateMachineVersionArn"]
    assert alias.inputs["name"] == "live"
    assert alias.inputs["routingConfigurations"] == [
        {"stateMachineVersionArn": newest, "weight": 100}
    ]
    assert deployment.result["version_arn"] == newest


def test_an_older_version_keeps_a_share_of_the_new_executions() -> None:
    new, old = routes(weights={"7": 10.0})
    assert new["weight"] == 90
    assert old == {"stateMachineVersionArn": f"{MACHINE_ARN}:7", "weight": 10}


def test_all_executions_can_go_back_to_an_older_version() -> None:
    assert routes(weights={"7": 100}) == [
        {"stateMachineVersionArn": f"{MACHINE_ARN}:7", "weight": 100}
    ]


def test_the_alias_can_have_another_name() -> None:
    assert machine(release={"alias": "v2.green"}).one(ALIAS).inputs["name"] == "v2.green"


@pytest.mark.parametrize(
    ("release", "words"),
    [
        ({"weights": {"7": 0.1}}, "release.weights.7=0.1 is not valid. Allowed: whole numbers"),
        ({"weights": {"7": 0.1}}, "It is in percent: write 10."),
        ({"weights": {"7": 101}}, "whole numbers from 1 to 100. Nearest: 100."),
        ({"weights": {"7": 0}}, "whole numbers from 1 to 100. Nearest: 1."),
        ({"weights": {"7": 10, "8": 10}}, "Allowed: one version; an alias has two at most"),
        ({"weights": {"latest": 10}}, "Allowed: numbers of published versions, such as '7'."),
        ({"alias": "12"}, "release.alias='12' is not valid. Allowed: 1 to 80 letters"),
        ({"alias": "a b"}, "A number is a version's name."),
        ({"weight": {}}, "unknown argument 'release.weight'. Did you mean 'release.weights'?"),
    ],
)
def test_what_step_functions_would_refuse_is_refused_here(
    release: dict[str, Any], words: str
) -> None:
    assert words in refusal(release=release)


def test_the_newest_version_is_no_older_one() -> None:
    with pytest.raises(ValueError, match="a version other than 1, which is the newest"):
        machine(release={"weights": {"1": 10}})
    assert machine(release={"weights": {"6": 10}}).of(ALIAS)
