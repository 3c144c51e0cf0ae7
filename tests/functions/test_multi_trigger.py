"""The function that everything calls, on real events."""

import base64
import copy
import importlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any
from urllib.parse import quote_plus

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .conftest import EVENTS, FUNCTIONS

OWN = {"aws_lambda_powertools", "batches", "once"}
Event = Callable[[str], dict[str, Any]]
REUSED = settings(
    max_examples=60,
    deadline=None,
    # The module is the same for every example on purpose: so is a warm environment.
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


class Sqs:
    """A client that remembers which waits were shortened, or may not shorten any."""

    meta = SimpleNamespace(endpoint_url="https://sqs.us-east-1.example.com")

    def __init__(self) -> None:
        self.waits: dict[str, int] = {}
        self.queues: set[str] = set()
        self.refuses = False

    def change_message_visibility(
        self,
        *,
        QueueUrl: str,  # noqa: N803 - boto3's names
        ReceiptHandle: str,  # noqa: N803
        VisibilityTimeout: int,  # noqa: N803
    ) -> None:
        if self.refuses:
            raise PermissionError("AccessDenied")
        self.queues.add(QueueUrl)
        self.waits[ReceiptHandle] = VisibilityTimeout


@pytest.fixture
def multi_trigger(
    load: Callable[[str], ModuleType],
    multi_trigger_packages: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> ModuleType:
    for name in ("IDEMPOTENCY_TABLE", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_SQS"):
        monkeypatch.delenv(name, raising=False)
    return load("multi_trigger")


@pytest.fixture
def sqs(multi_trigger: ModuleType) -> Sqs:
    client = Sqs()
    importlib.import_module("batches")._clients["sqs"] = client
    return client


@pytest.fixture
def run(multi_trigger: ModuleType, sqs: Sqs, context: SimpleNamespace) -> Any:
    def one(event: Any) -> Any:
        answer = multi_trigger.handler(event, context)
        json.dumps(answer)  # Lambda does so
        return answer

    return one


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Callable[[], list[dict[str, Any]]]:
    """What was logged since the last call."""
    return lambda: [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def body(answer: dict[str, Any]) -> dict[str, Any]:
    """The answer's body, once its time has been found to be now in ISO 8601 with a zone."""
    assert answer["statusCode"] == 200
    parsed: dict[str, Any] = json.loads(answer["body"])
    age = datetime.now(UTC) - datetime.fromisoformat(parsed.pop("timestamp"))
    assert timedelta(0) <= age < timedelta(minutes=1)
    return parsed


def failed(answer: dict[str, Any]) -> list[str]:
    return [item["itemIdentifier"] for item in answer["batchItemFailures"]]


def ids(event: dict[str, Any], *numbers: int) -> list[str]:
    return [event["Records"][number - 1]["messageId"] for number in numbers]


# -- HTTP ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("rest-v1", "GET request to /hello"),
        ("http-v2-stage", "GET request to /devices"),
        ("http-v2-default", "GET request to /hello"),
        ("function-url", "POST request to /hello"),
    ],
)
def test_a_request_is_answered_with_its_method_and_path(
    run: Any, event: Event, context: SimpleNamespace, name: str, message: str
) -> None:
    answer = run(event(name))
    assert answer["headers"] == {
        "Content-Type": "application/json",
        "Access-Control-Allow-Origin": "*",
    }
    assert body(answer) == {"message": message, "requestId": context.aws_request_id}
    assert answer.keys() == {"statusCode", "headers", "body"}


@pytest.mark.parametrize(
    ("raw", "path"),
    [("/dev", "/"), ("/dev/", "/"), ("/dev/dev", "/dev"), ("/devices", "/devices")],
)
def test_a_stage_is_taken_off_a_path_only_where_it_is_its_first_part(
    run: Any, event: Event, raw: str, path: str
) -> None:
    request = event("http-v2-stage")
    request["rawPath"] = request["requestContext"]["http"]["path"] = raw
    assert body(run(request))["message"] == f"GET request to {path}"


def test_without_a_context_s_id_the_request_s_own_is_named(
    multi_trigger: ModuleType, event: Event
) -> None:
    answer = multi_trigger.handler(event("rest-v1"), None)
    assert body(answer)["requestId"] == "c6af9ac6-7b61-11e6-9a41-93e8deadbeef"


@pytest.mark.parametrize("name", ["rest-v1", "http-v2-stage", "http-v2-default", "function-url"])
def test_a_request_waits_for_neither_powertools_nor_boto3(
    name: str, multi_trigger_packages: Path
) -> None:
    assert loaded_by(name, multi_trigger_packages) == set()


def test_a_batch_needs_powertools_and_no_aws_client_where_nothing_fails(
    multi_trigger_packages: Path,
) -> None:
    loaded = loaded_by("sqs", multi_trigger_packages)
    assert loaded >= OWN
    assert "boto3" not in loaded  # Powertools itself looks into botocore


def loaded_by(name: str, packages: Path) -> set[str]:
    """What of the heavy modules a fresh process has, after it handled this event."""
    code = (
        "import json, sys; from handler import handler\n"
        f"handler(json.load(open({str(EVENTS / f'{name}.json')!r})), None)\n"
        "print(json.dumps(sorted(sys.modules)))"
    )
    folders = os.pathsep.join([str(FUNCTIONS / "multi_trigger"), str(packages)])
    environment = {key: value for key, value in os.environ.items() if not key.startswith("AWS_")}
    environment.pop("IDEMPOTENCY_TABLE", None)
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**environment, "PYTHONPATH": folders},
        capture_output=True,
        text=True,
        check=True,
    )
    modules = set(json.loads(done.stdout.splitlines()[-1]))
    return modules & {"boto3", "botocore", "botocore.session", *OWN}


# -- uploads -------------------------------------------------------------------------------


def test_uploads_are_named_by_their_decoded_keys(run: Any, event: Event) -> None:
    answer = run(event("s3"))
    assert body(answer) == {
        "message": "S3 events processed",
        "objects": [
            {"bucket": "shop-uploads", "key": "incoming/a+b c.csv", "event": "ObjectCreated:Put"},
            {
                "bucket": "shop-uploads",
                "key": "a b c.csv",
                "event": "ObjectCreated:CompleteMultipartUpload",
            },
            {"bucket": "shop-uploads", "key": "späte.txt", "event": "ObjectRemoved:Delete"},
        ],
    }


@REUSED
@given(key=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60))
def test_every_key_comes_back_as_it_was_written(run: Any, event: Event, key: str) -> None:
    upload = event("s3")
    del upload["Records"][1:]
    upload["Records"][0]["s3"]["object"]["key"] = quote_plus(key)
    (item,) = body(run(upload))["objects"]
    assert item["key"] == key


@pytest.mark.parametrize("missing", ["s3", "bucket", "object"])
def test_an_upload_that_names_no_object_cannot_be_processed(
    run: Any, multi_trigger: ModuleType, event: Event, missing: str
) -> None:
    upload = event("s3")
    record = upload["Records"][1]
    (record if missing == "s3" else record["s3"]).pop(missing)
    with pytest.raises(multi_trigger.Unprocessable, match=f"an S3 record without '{missing}'"):
        run(upload)


# -- queues --------------------------------------------------------------------------------


def test_messages_are_answered_with_their_ids_and_bodies(
    run: Any, event: Event, sqs: Sqs, lines: Any
) -> None:
    batch = event("sqs")
    first, second = ids(batch, 1, 2)
    answer = run(batch)
    assert body(answer) == {
        "message": "SQS messages processed",
        "messages": [
            {"messageId": first, "body": '{"orderId": "ORD-1"}'},
            {"messageId": second, "body": '{"orderId": "ORD-2"}'},
        ],
    }
    assert failed(answer) == []
    assert sqs.waits == {}
    logged = lines()
    assert [line["messageId"] for line in logged] == [first, second]
    assert "ORD-1" not in json.dumps(logged)


def test_messages_that_fail_leave_their_neighbours_alone(run: Any, event: Event) -> None:
    batch = event("sqs-poison")
    answer = run(batch)
    assert failed(answer) == ids(batch, 2, 4)
    assert [item["messageId"] for item in body(answer)["messages"]] == ids(batch, 1, 3)


def test_a_batch_that_fails_as_a_whole_is_still_answered_message_by_message(
    run: Any, event: Event
) -> None:
    batch = event("sqs-poison")
    batch["Records"] = [batch["Records"][1]]
    assert failed(run(batch)) == ids(batch, 1)


def test_a_group_in_order_stops_at_its_first_failure_and_the_others_go_on(
    run: Any, event: Event
) -> None:
    batch = event("sqs-fifo")
    answer = run(batch)
    assert [item["messageId"] for item in body(answer)["messages"]] == ids(batch, 1, 4)
    assert failed(answer) == ids(batch, 2, 3)


def test_a_batch_in_order_that_fails_as_a_whole_is_still_answered(run: Any, event: Event) -> None:
    batch = event("sqs-fifo")
    del batch["Records"][3], batch["Records"][0]
    assert failed(run(batch)) == ids(batch, 1, 2)


def test_a_failed_message_comes_back_soon_and_later_each_time(
    run: Any, event: Event, sqs: Sqs
) -> None:
    batch = event("sqs-poison")
    second, fourth = (batch["Records"][number]["receiptHandle"] for number in (1, 3))
    run(batch)
    assert sqs.waits == {second: 2, fourth: 8}
    assert sqs.queues == {"https://sqs.us-east-1.example.com/123456789012/jobs"}
    batch["Records"][3]["attributes"]["ApproximateReceiveCount"] = "400"
    run(batch)
    assert sqs.waits[fourth] == 900


def test_a_wait_that_cannot_be_shortened_fails_no_batch(
    run: Any, event: Event, sqs: Sqs, lines: Any
) -> None:
    sqs.refuses = True
    batch = event("sqs-poison")
    assert failed(run(batch)) == ids(batch, 2, 4)
    line = lines()[-1]
    assert (line["level"], line["message"]) == ("WARN", "the wait could not be shortened")


def test_the_queue_is_asked_at_the_endpoint_that_the_environment_names(
    run: Any, event: Event, sqs: Sqs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:4566/")
    run(event("sqs-poison"))
    assert sqs.queues == {"http://127.0.0.1:4566/123456789012/jobs"}


DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab"), inner, max_size=3),
    max_leaves=5,
)
GOOD = DOCUMENTS.map(json.dumps)
BAD = st.sampled_from(["", "not JSON", "{", '{"a": 1', "[1,]", "'x'", "\x00", "{} {}"])


@REUSED
@given(st.lists(st.one_of(st.tuples(GOOD, st.just(True)), st.tuples(BAD, st.just(False)))))
def test_the_failures_are_exactly_the_bad_messages(
    run: Any, event: Event, sqs: Sqs, mix: list[tuple[str, bool]]
) -> None:
    template = event("sqs")["Records"][0]
    batch: dict[str, Any] = {"Records": []}
    for number, (text, _) in enumerate(mix):
        record = copy.deepcopy(template)
        batch["Records"].append(record | {"messageId": f"message-{number}", "body": text})
    if not mix:
        return
    answer = run(batch)
    assert failed(answer) == [f"message-{n}" for n, (_, good) in enumerate(mix) if not good]
    assert body(answer)["messages"] == [
        {"messageId": f"message-{n}", "body": text} for n, (text, good) in enumerate(mix) if good
    ]


# -- streams -------------------------------------------------------------------------------


def test_changes_of_a_table_are_processed(run: Any, event: Event, lines: Any) -> None:
    answer = run(event("dynamodb-stream"))
    assert body(answer) == {"message": "Event processed from aws:dynamodb"}
    assert failed(answer) == []
    logged = lines()
    assert [line["eventName"] for line in logged] == ["INSERT", "MODIFY", "REMOVE"]
    assert [line["keys"]["id"]["S"] for line in logged] == ["ORD-1", "ORD-2", "ORD-3"]


def test_a_change_that_fails_is_named_by_its_sequence_number(run: Any, event: Event) -> None:
    batch = event("dynamodb-stream")
    del batch["Records"][1]["eventName"]
    assert failed(run(batch)) == [batch["Records"][1]["dynamodb"]["SequenceNumber"]]


def test_a_stream_stops_at_its_first_failure_and_begins_nothing_after_it(
    run: Any, event: Event, lines: Any
) -> None:
    batch = event("kinesis")
    answer = run(batch)
    assert body(answer) == {"message": "Event processed from aws:kinesis"}
    numbers = [record["kinesis"]["sequenceNumber"] for record in batch["Records"]]
    assert failed(answer) == [numbers[1]]
    assert [line["eventID"] for line in lines()] == [batch["Records"][0]["eventID"]]


@REUSED
@given(st.lists(st.one_of(st.tuples(GOOD, st.just(True)), st.tuples(BAD, st.just(False)))))
def test_the_failure_of_a_stream_is_the_first_bad_record(
    run: Any, event: Event, mix: list[tuple[str, bool]]
) -> None:
    template = event("kinesis")["Records"][0]
    batch: dict[str, Any] = {"Records": []}
    for number, (text, _) in enumerate(mix):
        record = copy.deepcopy(template)
        record["kinesis"] |= {
            "sequenceNumber": str(number),
            "data": base64.b64encode(text.encode()).decode(),
        }
        batch["Records"].append(record)
    if mix:
        bad = [str(n) for n, (_, good) in enumerate(mix) if not good]
        assert failed(run(batch)) == bad[:1]


# -- notifications, events, schedules, anything --------------------------------------------


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("sns", "aws:sns"),
        ("s3-eventbridge", "aws.s3"),
        ("eventbridge", "shop.orders"),
        ("direct", "unknown"),
    ],
)
def test_other_events_are_answered_with_their_source(
    run: Any, event: Event, name: str, source: str
) -> None:
    assert body(run(event(name))) == {"message": f"Event processed from {source}"}


@pytest.mark.parametrize("name", ["schedule-rule", "schedule-scheduler"])
def test_schedules_of_both_kinds_are_answered_with_the_rule(
    run: Any, event: Event, name: str
) -> None:
    assert body(run(event(name))) == {
        "message": "Scheduled event processed",
        "rule": "Scheduled Event",
    }


def test_an_application_s_event_of_that_name_is_no_schedule(run: Any, event: Event) -> None:
    own = event("eventbridge") | {"detail-type": "Scheduled Event"}
    assert body(run(own)) == {"message": "Event processed from shop.orders"}


@pytest.mark.parametrize(
    "given",
    [{}, [], None, "text", 3, {"Records": []}, {"Records": ["x"]}, {"requestContext": None}],
)
def test_whatever_is_sent_by_hand_is_answered(run: Any, given: Any) -> None:
    assert body(run(given)) == {"message": "Event processed from unknown"}


def test_a_notification_s_text_stays_out_of_the_log(run: Any, event: Event, lines: Any) -> None:
    run(event("sns"))
    (line,) = lines()
    assert line["length"] == len("Five lanterns are left.")
    assert "lanterns" not in json.dumps(line)


def test_what_is_sent_by_hand_stays_out_of_the_log(run: Any, lines: Any) -> None:
    run({"source": "hand", "detail": {"password": "hunter2"}, "password": "hunter2"})
    (line,) = lines()
    assert "hunter2" not in json.dumps(line)


@pytest.mark.parametrize(
    ("name", "levels"),
    [("rest-v1", {"INFO"}), ("sqs-poison", {"INFO", "WARN"}), ("eventbridge", {"INFO"})],
)
def test_a_line_has_what_lambda_filters_by(
    run: Any, event: Event, lines: Any, name: str, levels: set[str]
) -> None:
    run(event(name))
    logged = lines()
    assert {line["level"] for line in logged} == levels
    for line in logged:  # in RFC 3339, else Lambda takes every level for INFO
        assert datetime.fromisoformat(line["timestamp"]).utcoffset() == timedelta(0)


def test_a_notification_without_a_message_cannot_be_processed(
    run: Any, multi_trigger: ModuleType, event: Event
) -> None:
    notification = event("sns")
    del notification["Records"][0]["Sns"]["Message"]
    with pytest.raises(multi_trigger.Unprocessable, match="an SNS record without 'Message'"):
        run(notification)


@pytest.mark.parametrize("detail", [None, "{}", []])
def test_an_event_without_a_detail_cannot_be_processed(
    run: Any, multi_trigger: ModuleType, event: Event, detail: object
) -> None:
    broken = event("eventbridge") | {"detail": detail}
    with pytest.raises(multi_trigger.Unprocessable, match=f"event {broken['id']} has no detail"):
        run(broken)


# -- once ----------------------------------------------------------------------------------


@pytest.fixture
def table(multi_trigger: ModuleType, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The idempotency table, as a mapping in memory behind Powertools' own interface."""
    from aws_lambda_powertools.utilities import idempotency
    from aws_lambda_powertools.utilities.idempotency.exceptions import (
        IdempotencyItemAlreadyExistsError,
        IdempotencyItemNotFoundError,
    )
    from aws_lambda_powertools.utilities.idempotency.persistence.base import BasePersistenceLayer

    records: dict[str, Any] = {}

    class InMemory(BasePersistenceLayer):  # type: ignore[misc]  # it is not in mypy's environment
        def __init__(self, table_name: str) -> None:
            assert table_name == "once"
            super().__init__()

        def _get_record(self, idempotency_key: str) -> Any:
            if idempotency_key not in records:
                raise IdempotencyItemNotFoundError
            return records[idempotency_key]

        def _put_record(self, data_record: Any) -> None:
            if data_record.idempotency_key in records:
                raise IdempotencyItemAlreadyExistsError
            records[data_record.idempotency_key] = data_record

        def _update_record(self, data_record: Any) -> None:
            records[data_record.idempotency_key] = data_record

        def _delete_record(self, data_record: Any) -> None:
            del records[data_record.idempotency_key]

    monkeypatch.setenv("IDEMPOTENCY_TABLE", "once")
    monkeypatch.setattr(idempotency, "DynamoDBPersistenceLayer", InMemory)
    return records


@pytest.mark.parametrize(
    ("name", "times"),
    [
        ("s3", 3),
        ("sqs", 2),
        ("sns", 1),
        ("eventbridge", 1),
        ("schedule-rule", 1),
        ("schedule-scheduler", 1),
        ("dynamodb-stream", 3),
        ("kinesis", 1),
    ],
)
def test_what_comes_twice_is_processed_once_and_answered_twice(
    run: Any, event: Event, table: dict[str, Any], lines: Any, name: str, times: int
) -> None:
    def processed() -> int:
        keys = ("key", "messageId", "eventID", "id")
        return sum(any(key in line for key in keys) for line in lines() if line["level"] == "INFO")

    first = run(event(name))
    assert processed() == times == len(table)
    second = run(event(name))
    assert processed() == 0
    assert body(second) == body(first)
    assert second.get("batchItemFailures") == first.get("batchItemFailures")


def test_every_run_of_a_schedule_counts_though_its_input_is_the_same(
    run: Any, event: Event, table: dict[str, Any], lines: Any
) -> None:
    tick = event("schedule-scheduler")
    run(tick)
    run(tick | {"time": "2026-03-12T10:20:00Z"})
    del tick["time"]
    run(tick)
    run(tick)
    assert len(lines()) == 4
    assert len(table) == 2


def test_without_a_table_everything_is_processed_as_often_as_it_comes(
    run: Any, event: Event, lines: Any
) -> None:
    run(event("sqs"))
    run(event("sqs"))
    assert len(lines()) == 4


def test_a_new_upload_of_the_same_key_is_not_a_repetition(
    run: Any, event: Event, table: dict[str, Any]
) -> None:
    upload = event("s3")
    run(upload)
    upload["Records"][0]["s3"]["object"]["sequencer"] = "0055AED6DCD90281FF"
    run(upload)
    assert len(table) == 4


def test_what_failed_may_be_tried_again(
    multi_trigger: ModuleType, table: dict[str, Any], context: SimpleNamespace
) -> None:
    once = importlib.import_module("once").once
    done: list[str] = []

    def break_down() -> None:
        raise RuntimeError("half done")

    with pytest.raises(RuntimeError, match="half done"):
        once("sqs#1", context, break_down)
    once("sqs#1", context, lambda: done.append("sqs#1"))
    once("sqs#1", context, lambda: done.append("again"))
    assert done == ["sqs#1"]


def test_what_another_invocation_is_at_comes_back_later(
    run: Any, event: Event, multi_trigger: ModuleType, table: dict[str, Any], sqs: Sqs
) -> None:
    batch = event("sqs")
    run(batch)
    first = next(iter(table.values()))
    first._status, first.in_progress_expiry_timestamp = "INPROGRESS", 2**53
    answer = run(batch)
    assert len(failed(answer)) == 1
    assert list(sqs.waits.values()) == [2]
