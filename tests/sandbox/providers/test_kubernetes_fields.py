"""Manifests as data: what is sent where somebody else owns a part of an object."""

from typing import Any

import pytest

from sandbox.providers.kubernetes_fields import Manifest, at, encoded, parts, plain, shared, shown

MINE = "pulumi-kubernetes-1"
SCALED = {"manager": "kube-controller-manager", "fieldsV1": {"f:spec": {"f:replicas": {}}}}


def live(*owners: dict[str, Any], **spec: Any) -> Manifest:
    return {"metadata": {"name": "web", "managedFields": list(owners)}, "spec": spec}


def own(*fields: str) -> dict[str, Any]:
    return {"manager": MINE, "fieldsV1": {"f:spec": {f"f:{field}": {} for field in fields}}}


def test_numbers_of_the_wire_become_whole_and_nulls_go() -> None:
    given = {"a": 3.0, "b": [1.0, 0.5], "c": None, "d": {"e": None, "f": "3.0"}}
    assert plain(given) == {"a": 3, "b": [1, 0.5], "d": {"f": "3.0"}}
    assert isinstance(plain({"a": 3.0})["a"], int)


def test_a_missing_path_leads_to_nothing() -> None:
    assert at({"spec": {"selector": 1}}, "spec.selector") == 1
    assert at({"spec": None}, "spec.selector.matchLabels") is None


@pytest.mark.parametrize(
    ("path", "steps"),
    [
        ("spec.replicas", ["spec", "replicas"]),
        ('metadata.annotations["a.b/c"]', ["metadata", "annotations", "a.b/c"]),
        ("spec.ports[0].nodePort", ["spec", "ports", "0", "nodePort"]),
    ],
)
def test_paths_are_read_as_pulumi_writes_them(path: str, steps: list[str]) -> None:
    assert parts(path) == steps


def test_texts_of_a_secret_are_encoded_beside_its_data() -> None:
    given = {"data": {"a": "YQ=="}, "stringData": {"b": "b"}, "type": "Opaque"}
    assert encoded(given) == {"data": {"a": "YQ==", "b": "Yg=="}, "type": "Opaque"}
    assert encoded({"type": "Opaque"}) == {"type": "Opaque"}


def test_a_field_that_another_has_set_is_left_to_it() -> None:
    wanted = {"spec": {"replicas": 3, "paused": False}}
    now = live(SCALED, own("paused"), replicas=7, paused=False)
    assert shared(wanted, now, ["spec.replicas"], MINE) == ({"spec": {"paused": False}}, False)


def test_a_field_of_ours_alone_keeps_its_live_value() -> None:
    now = live(own("replicas"), replicas=5)
    assert shared({"spec": {"replicas": 3}}, now, ["spec.replicas"], MINE) == (
        {"spec": {"replicas": 5}},
        True,
    )


def test_what_is_not_ignored_is_sent_though_others_own_it() -> None:
    wanted = {"spec": {"replicas": 3}}
    assert shared(wanted, live(SCALED, replicas=7), ["spec.paused"], MINE) == (wanted, False)


def test_under_an_ignored_object_each_field_has_its_own_owner() -> None:
    now = live(SCALED, own("paused"), replicas=7, paused=True)
    wanted = {"spec": {"replicas": 3, "paused": False}}
    assert shared(wanted, now, ["spec"], MINE) == ({"spec": {"paused": True}}, True)


def test_a_key_with_dots_is_one_step() -> None:
    theirs = {
        "manager": "kubectl",
        "fieldsV1": {"f:metadata": {"f:annotations": {"f:a.b/c": {}}}},
    }
    now: Manifest = {
        "metadata": {"annotations": {"a.b/c": "new", "d": "1"}, "managedFields": [theirs]}
    }
    wanted = {"metadata": {"annotations": {"a.b/c": "old", "d": "1"}}}
    given, held = shared(wanted, now, ['metadata.annotations["a.b/c"]'], MINE)
    assert (given, held) == ({"metadata": {"annotations": {"d": "1"}}}, False)


@pytest.mark.parametrize("path", ["spec.absent", "spec.ports[0].nodePort", "*", "spec.replicas.x"])
def test_paths_that_lead_to_no_field_of_ours_change_nothing(path: str) -> None:
    wanted = {"spec": {"replicas": 3, "ports": [{"port": 80}]}}
    assert shared(wanted, live(SCALED, replicas=7), [path], MINE) == (wanted, False)


def test_outputs_hold_the_object_without_the_bookkeeping_of_fields() -> None:
    now = live(SCALED, replicas=7)
    assert shown(now, MINE) == {
        "metadata": {"name": "web"},
        "spec": {"replicas": 7},
        "fieldManager": MINE,
    }
    assert "managedFields" in now["metadata"]
