"""A cloud with a short minute, for tests that wait for alarms."""

import http.server
import json
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from sandbox.cloud import start, stop

from .functions import eventually
from .world import World

MINUTE = 1
WAIT = 60.0
"""Generous: a slow machine takes longer, and a pass takes no longer than it needs."""


MATH: dict[str, Any] = dict.fromkeys(
    ("Namespace", "MetricName", "Dimensions", "Statistic", "Period")
)
"""What an alarm on an expression leaves out."""


@contextmanager
def quick_world(state: Path, port: int, minute: float = MINUTE) -> Generator[World]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SANDBOX_MINUTE_SECONDS", str(minute))
        cloud = start(state, port=port, engine="process")
    try:
        yield World(cloud, state)
    finally:
        stop(state)


def alarm(world: World, name: str, **more: Any) -> str:
    """The ARN of an alarm on ``Shop Load of=<name>``: above five, missing data are good."""
    settings: dict[str, Any] = {
        "Namespace": "Shop",
        "MetricName": "Load",
        "Dimensions": [{"Name": "of", "Value": name}],
        "Statistic": "Sum",
        "Period": 60,
        "EvaluationPeriods": 1,
        "Threshold": 5,
        "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": "notBreaching",
        **more,
    }
    given = {key: value for key, value in settings.items() if value is not None}
    cloudwatch = world.client("cloudwatch")
    cloudwatch.put_metric_alarm(AlarmName=name, **given)
    found = cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"]
    return str(found[0]["AlarmArn"])


def put(world: World, of: str, value: float, name: str = "Load") -> None:
    datum = {"MetricName": name, "Value": value, "Dimensions": [{"Name": "of", "Value": of}]}
    world.client("cloudwatch").put_metric_data(Namespace="Shop", MetricData=[datum])


def shown(world: World, name: str) -> dict[str, Any]:
    kinds = ["MetricAlarm", "CompositeAlarm"]
    found = world.client("cloudwatch").describe_alarms(AlarmNames=[name], AlarmTypes=kinds)
    return dict([*found["MetricAlarms"], *found["CompositeAlarms"]][0])


def becomes(world: World, name: str, state: str) -> None:
    """Wait for the alarm's state."""
    eventually(lambda: shown(world, name)["StateValue"] == state, seconds=WAIT)


def history(world: World, name: str, kind: str) -> list[dict[str, Any]]:
    """Entries of one type, newest first."""
    items = world.client("cloudwatch").describe_alarm_history(
        AlarmName=name, HistoryItemType=kind, AlarmTypes=["MetricAlarm", "CompositeAlarm"]
    )["AlarmHistoryItems"]
    return list(items)


class Receiver:
    """An HTTP endpoint that keeps what is posted to it."""

    def __init__(self) -> None:
        self.got: list[tuple[dict[str, str], Any]] = []
        self.refusals = 0
        """How many requests are answered with 503 first."""
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status = 503 if receiver.refusals > 0 else 200
                receiver.refusals -= 1
                if status == 200:
                    headers = {key.lower(): value for key, value in self.headers.items()}
                    receiver.got.append((headers, json.loads(body)))
                self.send_response(status)
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/hook"

    def of(self, kind: str) -> list[tuple[dict[str, str], Any]]:
        """What came, by the type of the message."""
        return [item for item in self.got if item[1].get("Type") == kind]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
