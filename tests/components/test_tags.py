"""The component's tag and the caller's."""

from components.tags import merged


def test_the_component_names_itself() -> None:
    assert merged("Network", "shop") == {"slipway:component": "Network/shop"}


def test_the_callers_tags_are_added_and_win() -> None:
    assert merged("Network", "shop", {"team": "web", "slipway:component": "mine"}) == {
        "slipway:component": "mine",
        "team": "web",
    }
