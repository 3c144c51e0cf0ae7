"""The picture of a program: which boxes, which arrows, and a file that needs nothing else."""

import random
import re
from xml.etree import ElementTree

from sandbox.graph.model import Arrow, Program, understood
from sandbox.graph.pages import program_page
from sandbox.graph.program import picture

from .programs import ALARM, FUNCTION, QUEUE, record, shop

SVG = "{http://www.w3.org/2000/svg}"


def arrows(program: Program) -> dict[tuple[str, str], Arrow]:
    return {(one.source, one.target): one for one in program.arrows}


def test_a_component_is_a_box_with_everything_in_it_counted() -> None:
    program = understood(shop())
    assert set(program.components) == {
        "ContainerImage/web",
        "FargateWebService/web",
        "Jobs/jobs",
        "MultiTriggerFunction/work",
        "Observability/watch",
        "OrderWorkflow/orders",
    }
    web = program.components["FargateWebService/web"]
    assert [kind.counted(count) for kind, count in web.counts] == [
        "1 load balancer",
        "1 service",
        "2 tasks",
    ]
    assert len(web.records) == 3
    assert program.resources == 11


def test_two_components_of_a_class_are_told_apart_by_tags_and_else_by_names() -> None:
    records = [
        record(QUEUE, "shop-a-dead", "Jobs", tag="Jobs/shop-a"),
        record(QUEUE, "shop-a", "Jobs", tag="Jobs/shop-a"),
        record(QUEUE, "shop-a-b-dead", "Jobs", tag="Jobs/shop-a-b"),
        record("aws:sqs/queuePolicy:QueuePolicy", "shop-a-b-dead", "Jobs"),
        record(FUNCTION, "one", "Other"),
        record(ALARM, "one-errors", "Other"),
        record(FUNCTION, "two", "Other"),
        record(FUNCTION, "one-inner", "Other", "Inner"),
    ]
    components = understood(records).components
    assert {key: len(one.records) for key, one in components.items()} == {
        "Jobs/shop-a": 2,
        "Jobs/shop-a-b": 2,
        "Other/one": 3,
        "Other/two": 1,
    }


def test_what_is_in_no_component_shares_a_box() -> None:
    program = understood([record(QUEUE, "a"), record(QUEUE, "b")])
    assert [one.name for one in program.components.values()] == ["without a component"]


def test_an_arrow_runs_to_what_is_used_and_says_how() -> None:
    arrow = arrows(understood(shop()))["FargateWebService/web", "OrderWorkflow/orders"]
    assert (arrow.labels, arrow.flow) == (("starts", "table"), True)


def test_data_of_a_trigger_flow_against_the_dependency() -> None:
    found = arrows(understood(shop()))
    assert found["Jobs/jobs", "MultiTriggerFunction/work"].labels == ("messages",)
    assert ("MultiTriggerFunction/work", "Jobs/jobs") not in found


def test_what_something_is_made_of_is_no_data_flow() -> None:
    assert not arrows(understood(shop()))["ContainerImage/web", "FargateWebService/web"].flow


def test_callers_from_outside_reach_what_is_open_alone() -> None:
    assert arrows(understood(shop()))["internet", "FargateWebService/web"].labels == ("HTTP",)
    inside = record("aws:lb/loadBalancer:LoadBalancer", "web", "Service", internal=True)
    assert not understood([inside]).outside


def test_who_watches_is_no_part_of_the_flow() -> None:
    program = understood(shop())
    assert program.watchers == {"Observability/watch": frozenset({"OrderWorkflow/orders"})}
    assert not any("Observability/watch" in ends for ends in arrows(program))


def test_a_superseded_resource_is_not_counted() -> None:
    old = record(QUEUE, "jobs", "Jobs")
    old.replaced = True
    assert understood([old, record(QUEUE, "jobs", "Jobs")]).resources == 1


def test_the_same_program_is_the_same_picture_in_whatever_order_it_was_deployed() -> None:
    records = shop()
    first = picture(understood(records), "shop")
    random.Random(7).shuffle(records)
    assert picture(understood(records), "shop") == first


def test_the_picture_names_every_box_and_says_in_words_what_it_shows() -> None:
    root = ElementTree.fromstring(picture(understood(shop()), "shop"))
    assert root.findtext(f"{SVG}title") == "shop"
    words = root.findtext(f"{SVG}desc") or ""
    assert "web to orders (starts, table)" in words
    boxes = [one for one in root.iter(f"{SVG}g") if one.get("class") == "box"]
    assert len(boxes) == 6
    assert all(one.findtext(f"{SVG}title") for one in boxes)


def test_the_picture_has_colours_for_light_and_dark() -> None:
    text = picture(understood(shop()), "shop")
    assert "prefers-color-scheme:dark" in text
    used = set(re.findall(r"var\(--([\w-]+)\)", text))
    assert used <= set(re.findall(r"--([\w-]+):#", text))


def test_nothing_is_fetched_from_elsewhere() -> None:
    page = program_page(understood(shop()), "shop", dashboards=True)
    assert not re.findall(r"(?:src|href)=\"(?!#|program\.html|dashboards\.html)", page)
    assert "url(http" not in page
    assert "@import" not in page


def test_names_cannot_break_out_of_the_page() -> None:
    hostile = '</script><img src=x onerror="alert(1)">'
    program = understood([record(QUEUE, hostile, "Jobs"), record(FUNCTION, "b", "Jobs")])
    page = program_page(program, hostile, dashboards=False)
    assert "<img" not in page
    ElementTree.fromstring(picture(program, hostile))


def test_an_empty_program_is_a_picture_too() -> None:
    ElementTree.fromstring(picture(understood([]), "nothing"))
