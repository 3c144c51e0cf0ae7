"""``python -m components.health``: from exports to findings and an exit code."""

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from components.health import Unreadable, __main__, asks, checks

from .helpers import clients

HEALTH: dict[str, Any] = {
    "version": 1,
    "region": "eu-west-1",
    "topic_arn": "arn:aws:sns:eu-west-1:123456789012:shop",
    "checks": [
        {
            "service": "storefront",
            "thing": "",
            "kind": "service",
            "check": {"cluster": "c", "service": "s", "url": "https://shop.example.com/health"},
        },
        {
            "service": "events",
            "thing": "failures",
            "kind": "dead_letter_queue",
            "check": {"queue_url": "https://sqs/failed"},
        },
        {"service": "events", "thing": "", "kind": "table", "check": {"table": "gone"}},
    ],
    "composite_alarms": {"storefront": "shop-dev-storefront"},
}


def answers(messages: str = "0", table: Any = "ResourceNotFoundException") -> Any:
    running = {"status": "ACTIVE", "runningCount": 1, "desiredCount": 1, "deployments": []}
    count = {"ApproximateNumberOfMessages": messages}
    return clients(
        {
            "ecs": [("describe_services", {"services": [running]})],
            "sqs": [("get_queue_attributes", {"Attributes": count})],
            "dynamodb": [("describe_table", table)],
            "cloudwatch": [("describe_alarms", {"CompositeAlarms": [{"StateValue": "OK"}]})],
            "sns": [("list_subscriptions_by_topic", {"Subscriptions": []})],
        }
    )


WELL: Any = {"Table": {"TableStatus": "ACTIVE"}}


def test_everything_is_asked_in_the_order_of_the_document() -> None:
    found = checks(HEALTH, answers(), lambda url: 200)
    assert [(item.service, item.what, item.state) for item in found] == [
        ("storefront", "service", "ok"),
        ("storefront", "service", "ok"),
        ("events", "dead letter queue failures", "ok"),
        ("events", "table", "failed"),
        ("storefront", "alarms", "ok"),
        ("", "topic", "note"),
    ]
    assert "ResourceNotFoundException" in found[3].detail
    assert found[3].next_step == "Is it there, and may you read it?"


def test_what_this_version_cannot_ask_is_no_success() -> None:
    odd = {"service": "a", "thing": "", "kind": "toaster", "check": {"bread": "brown"}}
    (finding,) = checks(
        {**HEALTH, "checks": [odd], "composite_alarms": {}, "topic_arn": ""}, answers()
    )
    assert (finding.state, finding.detail) == ("failed", "this version cannot ask for bread")


def test_a_document_of_another_version_is_not_guessed_at() -> None:
    with pytest.raises(Unreadable, match="its version is 2, and 1 is known here"):
        checks({**HEALTH, "version": 2}, answers())


def run(
    monkeypatch: pytest.MonkeyPatch, exports: Any, *arguments: str, made: Any = None
) -> tuple[int, list[str | None]]:
    regions: list[str | None] = []

    def connect(region: str | None) -> Any:
        regions.append(region)
        return made or answers(table=WELL)

    monkeypatch.setattr(__main__, "_clients", connect)
    monkeypatch.setattr(asks, "address", lambda *_, **__: asks.Answer("ok", "answers"))
    monkeypatch.setattr(sys, "stdin", io.StringIO(exports))
    return __main__.main(arguments), regions


def test_where_all_is_well_it_is_said_and_the_exit_code_is_0(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, regions = run(monkeypatch, json.dumps({"health": HEALTH}))
    assert code == 0
    assert regions == ["eu-west-1"]
    out = capsys.readouterr().out
    assert out.splitlines()[-1] == "5 ok, 1 to look at, 0 failed"
    assert "-> Give Observability emails, https or chat." in out


def test_where_something_is_not_the_exit_code_is_1_and_the_next_step_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, regions = run(
        monkeypatch,
        json.dumps({"checks": HEALTH}),
        *("--name", "checks", "--region", "us-west-2"),
        made=answers("3", WELL),
    )
    assert code == 1
    assert regions == ["us-west-2"]
    out = capsys.readouterr().out
    assert "failed  events" in out
    assert "3 messages" in out
    assert "redrive it. https://sqs/failed" in out


def test_findings_are_data_for_machines(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run(monkeypatch, json.dumps({"health": HEALTH}), "--json")
    found = json.loads(capsys.readouterr().out)
    assert len(found) == 6
    assert found[0].keys() == {"service", "what", "state", "detail", "next_step"}


@pytest.mark.parametrize(
    ("exports", "said"),
    [
        ("", "stdin: Expecting value"),
        ("[]", "the exports have no health to read"),
        ("{}", "pulumi.export('health', watch.health)"),
        ('{"health": "[secret]"}', "--show-secrets"),
        ('{"health": {"version": 9}}', "its version is 9"),
    ],
)
def test_exports_that_cannot_be_read(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], exports: str, said: str
) -> None:
    assert run(monkeypatch, exports)[0] == 2
    assert said in capsys.readouterr().err


def test_a_file_that_is_not_there(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert run(monkeypatch, "", "--outputs", str(tmp_path / "gone.json"))[0] == 2
    assert "gone.json" in capsys.readouterr().err


def test_the_command_runs_and_speaks_to_the_endpoint_that_the_environment_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Nothing listens there: an answer from elsewhere would be somebody's real account.
    exports = tmp_path / "outputs.json"
    exports.write_text(json.dumps({"health": {**HEALTH, "checks": HEALTH["checks"][2:]}}))
    environment = {
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_MAX_ATTEMPTS": "1",
    }
    done = subprocess.run(
        [sys.executable, "-m", "components.health", "--outputs", str(exports)],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
        cwd=Path(__file__).parents[3],
    )
    assert done.returncode == 1, done.stderr
    assert "http://127.0.0.1:9/" in done.stdout
    assert done.stdout.splitlines()[-1] == "0 ok, 0 to look at, 3 failed"
