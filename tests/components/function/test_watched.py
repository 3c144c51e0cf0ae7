"""What a function tells whoever watches it, and the numbers that it can be given."""

from typing import Any

import pytest

from components.testing import UNKNOWN, Deployment, deploy
from components.watched import KINDS, Watchable, Watched

from .helpers import ACCOUNT_ARN, EVERY_TRIGGER, function, made, refusal

ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
BOTH = pytest.mark.parametrize("known", [True, False], ids=["known", "first preview"])


def watched(*, known: bool = True, **args: Any) -> dict[str, Watched]:
    """The things of one function, by name; dimensions are resolved."""
    told: list[Watched] = []

    def program() -> list[dict[str, Any]]:
        component = made(**args)
        assert isinstance(component, Watchable)
        told.extend(component.watched())
        return [{"d": dict(thing.dimensions), "c": dict(thing.check)} for thing in told]

    deployment = deploy(program, known=known)
    for thing, found in zip(told, deployment.result, strict=True):
        object.__setattr__(thing, "dimensions", found["d"])
        object.__setattr__(thing, "check", found["c"])
    names = [thing.name for thing in told]
    assert len(names) == len(set(names))
    return {thing.name: thing for thing in told}


def roles(thing: Watched) -> list[str]:
    return [item.role for item in thing.formulas]


@BOTH
def test_it_tells_of_itself_first(known: bool) -> None:
    things = watched(known=known, tracing=True)
    assert [*things] == ["", "failures"]
    own = things[""]
    assert (own.kind, own.json_logs, own.traced) == ("function", True, True)
    assert own.log_group_name is not None
    name = "events" if known else UNKNOWN
    alias = "events:live" if known else UNKNOWN
    assert own.dimensions == {"FunctionName": name, "Resource": alias}
    assert own.check == {"function": name, "alias": "live"}
    assert roles(own) == ["errors", "duration", "throttles"]
    assert [*own.made] == ["errors"]
    assert things["failures"].kind == "dead_letter_queue"
    assert [*things["failures"].made] == ["depth"]


@BOTH
def test_every_queue_table_stream_and_api_that_triggers_make_is_told(known: bool) -> None:
    things = watched(known=known, triggers=EVERY_TRIGGER, idempotency=True)
    assert {name: thing.kind for name, thing in things.items()} == {
        "": "function",
        "failures": "dead_letter_queue",
        "idempotency": "table",
        "api": "rest_api",
        "http": "http_api",
        "queue-jobs": "queue",
        "dead-letter-jobs": "dead_letter_queue",
        "table-stock": "table",
        "stream-clicks": "stream",
    }
    assert all(thing.kind in KINDS and thing.formulas for thing in things.values())
    if not known:
        return
    assert things["queue-jobs"].dimensions == {"QueueName": "events-queue-jobs"}
    assert things["dead-letter-jobs"].dimensions == {"QueueName": "events-dead-letter-jobs"}
    assert things["api"].dimensions == {"ApiName": "events-api", "Stage": "live"}
    assert things["http"].dimensions["Stage"] == "$default"
    assert things["stream-clicks"].dimensions == {"StreamName": "events-stream-clicks"}
    assert things["table-stock"].check == {"table": "events-table-stock"}


GIVEN: dict[str, Any] = {
    "sqs": {"jobs": {"queue_arn": f"arn:aws:sqs:{ACCOUNT_ARN}:jobs"}},
    "streams": {"clicks": {"stream_arn": f"arn:aws:kinesis:{ACCOUNT_ARN}:stream/clicks"}},
    "tables": {"stock": {"stream_arn": f"arn:aws:dynamodb:{ACCOUNT_ARN}:table/stock/stream/1"}},
}


@pytest.mark.parametrize(
    "key",
    ["queue-jobs/oldest", "dead-letter-jobs/depth", "stream-clicks/write-throttled"],
)
def test_what_is_given_has_no_alarm_here_to_override(key: str) -> None:
    refusal(triggers=EVERY_TRIGGER, alarm_overrides={f"{key}x": {}})  # the name is nearly right
    function(triggers=EVERY_TRIGGER, alarm_overrides={key: {"threshold": 9}})
    assert f"alarm_overrides={key!r}" in refusal(triggers=GIVEN, alarm_overrides={key: {}})


def test_what_is_given_has_an_owner_who_watches_it() -> None:
    things = watched(triggers=GIVEN)
    assert [*things] == ["", "failures"]
    assert "iterator-age" in roles(things[""])  # how far the function is behind is its own


@pytest.mark.parametrize(
    ("triggers", "seconds"),
    [
        ({"streams": {"clicks": {}}}, 21_600),
        ({"streams": {"clicks": {"max_age_seconds": -1, "retention_hours": 48}}}, 48 * 3600),
        ({"streams": {"clicks": {}}, "tables": {"stock": {"max_age_seconds": 7200}}}, 7200),
        ({"tables": {"stock": {"max_age_seconds": -1}}}, 24 * 3600),
        ({"streams": {"clicks": {"enabled": False}}}, None),
        ({"sqs": {"jobs": {}}}, None),
    ],
    ids=str,
)
def test_the_iterator_age_is_held_against_the_stream_that_gives_up_first(
    triggers: dict[str, Any], seconds: int | None
) -> None:
    formulas = {item.role: item for item in watched(triggers=triggers)[""].formulas}
    if seconds is None:
        assert "iterator-age" not in formulas
    else:
        assert formulas["iterator-age"].threshold == seconds * 500


@pytest.mark.parametrize(
    ("api", "timeout", "milliseconds"), [("rest_api", 10, 5000), ("http_api", 30, 15_000)]
)
def test_an_api_s_latency_is_held_against_how_long_somebody_may_wait(
    api: str, timeout: int, milliseconds: int
) -> None:
    routes = {"routes": [{"method": "GET", "path": "/hello"}]}
    things = watched(timeout_seconds=timeout, triggers={api: routes})
    formulas = {item.role: item for item in things["api" if api == "rest_api" else "http"].formulas}
    assert formulas["latency"].threshold == milliseconds


def test_the_requests_of_an_api_are_in_the_log_that_was_made_for_them() -> None:
    routes = [{"method": "GET", "path": "/hello"}]
    logging = {"rest_api": {"routes": routes, "access_logs": True}, "http_api": {"routes": routes}}
    things = watched(triggers=logging)
    assert things["api"].log_group_name is not None
    assert things["http"].log_group_name is not None
    assert watched(triggers={"rest_api": {"routes": routes}})["api"].log_group_name is None


def alarm(deployment: Deployment, name: str) -> dict[str, Any]:
    return dict(deployment.one(ALARM, name).inputs)


@BOTH
def test_an_override_is_for_what_it_makes_and_for_what_it_tells(known: bool) -> None:
    overrides = {
        "errors": {"statistic": "Sum", "threshold": 5, "period_seconds": 300, "periods": 2},
        "dead-letter-jobs/depth": {"threshold": 10},
        "duration": {"threshold": 250},
    }
    args: dict[str, Any] = {"alarm_overrides": overrides, "triggers": {"sqs": {"jobs": {}}}}
    deployment = function(known=known, **args)
    errors = alarm(deployment, "events-errors")
    assert (errors["metricName"], errors["statistic"]) == ("Errors", "Sum")
    assert (errors["threshold"], errors["period"]) == (5, 300)
    assert (errors["evaluationPeriods"], errors["datapointsToAlarm"]) == (2, 2)
    assert "metricQueries" not in errors
    assert alarm(deployment, "events-dead-letter-jobs")["threshold"] == 10
    assert alarm(deployment, "events-failures")["threshold"] == 0
    duration = {item.role: item for item in watched(**args)[""].formulas}["duration"]
    assert duration.threshold == 250


def test_an_alarm_that_is_switched_off_is_neither_made_nor_told() -> None:
    args: dict[str, Any] = {"alarm_overrides": {"errors": {"enabled": False}}}
    assert [item.name for item in function(**args).of(ALARM)] == ["events-failures"]
    assert roles(watched(**args)[""]) == ["duration", "throttles"]


def test_without_alarms_it_still_tells_what_there_should_be() -> None:
    things = watched(alarms=False)
    assert roles(things[""]) == ["errors", "duration", "throttles"]
    assert not any(thing.made for thing in things.values())


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        ({"error": {"threshold": 1}}, ["alarm_overrides='error'", "Did you mean 'errors'?"]),
        ({"concurrency": {"threshold": 1}}, ["alarm_overrides='concurrency'", "throttles"]),
        ({"errors": {"thresold": 1}}, ["alarm_overrides.errors.thresold", "threshold"]),
        ({"duration": {"period_seconds": 90}}, ["['duration'].period_seconds=90", "120"]),
    ],
    ids=str,
)
def test_a_wrong_override_is_told_before_anything_is_registered(
    overrides: dict[str, Any], words: list[str]
) -> None:
    text = refusal(alarm_overrides=overrides)
    for word in words:
        assert word in text
