"""Every event is one line of JSON, whatever it holds."""

import json
import logging
import sys
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from storefront.logs import JsonFormatter


def _event(message: str, *args: object, **fields: object) -> dict[str, Any]:
    record = logging.LogRecord("a.b", logging.WARNING, __file__, 1, message, args, None)
    record.fields = fields
    line = JsonFormatter().format(record)
    assert line.isascii()
    assert line.isprintable(), "a control character got through"
    event: dict[str, Any] = json.loads(line)
    return event


def test_an_event_has_time_level_logger_and_message() -> None:
    event = _event("%d boats", 3, event="count")
    assert event["message"] == "3 boats"
    assert (event["level"], event["logger"], event["event"]) == ("warning", "a.b", "count")
    assert event["timestamp"].endswith("+00:00")


def test_no_value_can_forge_a_line_or_steer_a_terminal() -> None:
    nasty = 'a"\n{"level": "error"}\r\x1b[2J\x7f\x9b\u2028ü'
    event = _event(nasty, path=nasty)
    assert event["message"] == event["path"] == nasty


def test_a_value_that_json_lacks_is_written_as_text() -> None:
    assert _event("x", where={1: {2}})["where"] == {"1": "{2}"}


def test_an_exception_is_part_of_its_event() -> None:
    try:
        raise RuntimeError("boom")
    except RuntimeError:
        record = logging.LogRecord("a", logging.ERROR, __file__, 1, "x", (), sys.exc_info())
    line = JsonFormatter().format(record)
    assert "\n" not in line
    assert "RuntimeError: boom" in json.loads(line)["exception"]


def test_an_event_during_a_request_carries_the_requests_id(app: Flask) -> None:
    def inside() -> dict[str, Any]:
        return _event("x")

    app.add_url_rule("/inside", view_func=inside)
    response = app.test_client().get("/inside", headers={"X-Request-Id": "r-1"})
    assert response.get_json()["request_id"] == "r-1"
    assert "request_id" not in _event("x")


def test_a_callers_request_id_is_kept_and_the_load_balancers_used_without(
    client: FlaskClient,
) -> None:
    both = {"X-Request-Id": "mine", "X-Amzn-Trace-Id": "Root=1-67891233-abcdef"}
    assert client.get("/", headers=both).headers["X-Request-Id"] == "mine"
    del both["X-Request-Id"]
    assert client.get("/", headers=both).headers["X-Request-Id"] == "Root=1-67891233-abcdef"


def test_an_unsafe_request_id_is_replaced(client: FlaskClient) -> None:
    ids = [
        client.get("/", headers={"X-Request-Id": given}).headers["X-Request-Id"]
        for given in ("<script>", "a b", "x" * 201)
    ]
    assert len(set(ids)) == 3
    assert all(len(made) == 32 for made in ids)
