"""Each question of the health command, by what AWS answers."""

import http.server
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from components.health import asks
from components.health.asks import FAILED, NOTE, OK

from .helpers import clients

ARN = "arn:aws:states:us-east-1:123456789012:stateMachine:flow"
TOPIC = "arn:aws:sns:us-east-1:123456789012:shop"


def service(running: int, desired: int, rollout: str = "COMPLETED", status: str = "ACTIVE") -> Any:
    deployment = {"status": "PRIMARY", "rolloutState": rollout, "rolloutStateReason": "it broke"}
    found = {
        "status": status,
        "runningCount": running,
        "desiredCount": desired,
        "deployments": [deployment],
    }
    return clients({"ecs": [("describe_services", {"services": [found]})]})


@pytest.mark.parametrize(
    ("answer", "state", "text"),
    [
        (service(2, 2), OK, "2 of 2 tasks run"),
        (service(3, 2), OK, "3 of 2 tasks run"),
        (service(1, 2), FAILED, "1 of 2 tasks run"),
        (service(2, 2, "FAILED"), FAILED, "2 of 2 tasks run; it broke"),
        (service(2, 2, "IN_PROGRESS"), NOTE, "2 of 2 tasks run; a rollout is under way"),
        (service(1, 2, "IN_PROGRESS"), FAILED, "1 of 2 tasks run"),
        (service(0, 0, status="INACTIVE"), FAILED, "web is INACTIVE"),
        (clients({"ecs": [("describe_services", {"services": []})]}), FAILED, "web is not there"),
    ],
)
def test_a_service_runs_as_many_tasks_as_it_should(answer: Any, state: str, text: str) -> None:
    found = asks.service({"cluster": "shop", "service": "web"}, answer)
    assert (found.state, found.detail) == (state, text)
    assert bool(found.next_step) == (state != OK)


@pytest.mark.parametrize(
    ("given", "state"),
    [
        ({"State": "Active", "LastUpdateStatus": "Successful"}, OK),
        ({}, OK),
        ({"State": "Failed", "StateReason": "no subnet"}, FAILED),
        ({"State": "Active", "LastUpdateStatus": "Failed"}, FAILED),
        ({"State": "Pending"}, NOTE),
        ({"State": "Inactive"}, NOTE),
        ({"State": "Active", "LastUpdateStatus": "InProgress"}, NOTE),
    ],
)
def test_a_function_can_be_called_through_its_alias(given: Any, state: str) -> None:
    answer = {**given, "Version": "7"}
    asked = {"FunctionName": "fn", "Qualifier": "live"}
    made = clients({"lambda": [("get_function_configuration", answer, asked)]})
    found = asks.function({"function": "fn", "alias": "live"}, made)
    assert found.state == state
    assert found.detail.startswith("live is ")


def test_a_function_without_an_alias_is_asked_for_itself() -> None:
    asked = {"FunctionName": "fn"}
    made = clients({"lambda": [("get_function_configuration", {"State": "Active"}, asked)]})
    assert asks.function({"function": "fn"}, made).detail.startswith("function is Active")


def _queue(waiting: int, hidden: int = 0, *, by_name: bool = False) -> Any:
    counts = {
        "ApproximateNumberOfMessages": str(waiting),
        "ApproximateNumberOfMessagesNotVisible": str(hidden),
    }
    questions: list[tuple[str, Any]] = [("get_queue_attributes", {"Attributes": counts})]
    if by_name:
        questions.insert(0, ("get_queue_url", {"QueueUrl": "https://sqs/q"}))
    return clients({"sqs": questions})


@pytest.mark.parametrize(
    ("waiting", "hidden", "empty", "state", "text"),
    [
        (0, 0, True, OK, "empty"),
        (1, 0, True, FAILED, "1 message"),
        (0, 2, True, FAILED, "2 messages"),
        (5, 0, False, OK, "5 messages"),
    ],
)
def test_a_queue_of_failures_is_empty(
    waiting: int, hidden: int, empty: bool, state: str, text: str
) -> None:
    found = asks.queue({"queue_url": "https://sqs/q"}, _queue(waiting, hidden), empty=empty)
    assert (found.state, found.detail) == (state, text)


def test_a_queue_is_found_by_its_name_as_well() -> None:
    assert asks.queue({"queue": "q"}, _queue(0, by_name=True), empty=True).state == OK


def machine(status: str = "ACTIVE", kind: str = "STANDARD", *ended: timedelta) -> Any:
    role = "arn:aws:iam::123456789012:role/r"
    now = datetime.now(UTC)
    described = {
        "stateMachineArn": ARN,
        "name": "flow",
        "status": status,
        "definition": "{}",
        "roleArn": role,
        "type": kind,
        "creationDate": now,
    }
    executions = [
        {
            "executionArn": f"{ARN}:{number}",
            "stateMachineArn": ARN,
            "name": f"run-{number}",
            "status": "FAILED",
            "startDate": now - ago,
            "stopDate": now - ago,
        }
        for number, ago in enumerate(ended)
    ]
    questions: list[tuple[str, Any]] = [("describe_state_machine", described)]
    if status == "ACTIVE" and kind == "STANDARD":
        questions.append(("list_executions", {"executions": executions}))
    return clients({"stepfunctions": questions})


@pytest.mark.parametrize(
    ("answer", "state", "text"),
    [
        (machine(), OK, "it is ACTIVE"),
        (machine("DELETING"), FAILED, "it is DELETING"),
        (machine("ACTIVE", "EXPRESS"), OK, "it is ACTIVE"),
        (machine("ACTIVE", "STANDARD", timedelta(hours=2)), OK, "it is ACTIVE"),
        (
            machine("ACTIVE", "STANDARD", timedelta(minutes=5), timedelta(hours=2)),
            NOTE,
            "it is ACTIVE; execution run-0 failed in the last hour",
        ),
    ],
)
def test_a_state_machine_takes_executions(answer: Any, state: str, text: str) -> None:
    found = asks.workflow({"state_machine_arn": ARN}, answer)
    assert (found.state, found.detail) == (state, text)


@pytest.mark.parametrize(
    ("status", "state"), [("ACTIVE", OK), ("UPDATING", OK), ("ARCHIVED", FAILED)]
)
def test_a_table_serves(status: str, state: str) -> None:
    answer = {"Table": {"TableStatus": status}}
    assert asks.table(
        {"table": "t"}, clients({"dynamodb": [("describe_table", answer)]})
    ).state == (state)


@pytest.mark.parametrize(("status", "state"), [("ACTIVE", OK), ("FAILED", FAILED)])
def test_a_cluster_answers(status: str, state: str) -> None:
    answer = {"cluster": {"status": status}}
    made = clients({"eks": [("describe_cluster", answer)]})
    assert asks.cluster({"kubernetes": "c"}, made).state == state


@pytest.mark.parametrize(
    ("alarms", "state", "text"),
    [
        ([{"StateValue": "OK"}], OK, "shop-orders is OK"),
        ([{"StateValue": "INSUFFICIENT_DATA"}], OK, "shop-orders is INSUFFICIENT_DATA"),
        (
            [{"StateValue": "ALARM", "StateReason": "errors went"}],
            FAILED,
            "shop-orders rings: errors went",
        ),
        ([], FAILED, "the alarm shop-orders is not there"),
    ],
)
def test_no_alarm_rings(alarms: Any, state: str, text: str) -> None:
    made = clients({"cloudwatch": [("describe_alarms", {"CompositeAlarms": alarms})]})
    found = asks.composite("shop-orders", made)
    assert (found.state, found.detail) == (state, text)
    if "rings" in text:
        assert "--children-of-alarm-name shop-orders" in found.next_step


@pytest.mark.parametrize(
    ("arns", "state", "text"),
    [
        ([], NOTE, "nobody is told when an alarm rings"),
        ([f"{TOPIC}:1"], OK, "1 subscription"),
        (
            [f"{TOPIC}:1", "PendingConfirmation"],
            NOTE,
            "1 of 2 subscriptions wait for confirmation (email)",
        ),
    ],
)
def test_somebody_is_told(arns: list[str], state: str, text: str) -> None:
    given = [{"SubscriptionArn": arn, "Protocol": "email"} for arn in arns]
    answer = [("list_subscriptions_by_topic", {"Subscriptions": given})]
    found = asks.topic(TOPIC, clients({"sns": answer}))
    assert (found.state, found.detail) == (state, text)


class _Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(int(self.path[1:]))
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def site() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Page)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(
    ("status", "api", "state"),
    [
        (200, False, OK),
        (404, False, FAILED),
        (503, False, FAILED),
        (404, True, OK),
        (500, True, FAILED),
    ],
)
def test_an_address_answers(site: str, status: int, api: bool, state: str) -> None:
    found = asks.address(f"{site}/{status}", asks.fetch, api=api)
    assert found.state == state
    assert found.detail.endswith(f"answers {status}")


def test_an_address_where_nobody_listens_and_one_that_is_none(site: str) -> None:
    port = int(site.rpartition(":")[2])
    gone = asks.address(f"http://127.0.0.2:{port}/", asks.fetch, api=False)
    assert gone.state == FAILED
    assert gone.next_step
    assert asks.address("file:///etc/passwd", asks.fetch, api=False).state == FAILED
