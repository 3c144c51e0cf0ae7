"""The report function: what it tells, and what it never does."""

import json
from collections.abc import Callable
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

KEY = "the-partner-s-own-key"
PARAMETER = "arn:aws:ssm:us-east-1:123456789012:parameter/shop/key"
SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:key-AbCdEf"
CONTEXT = SimpleNamespace(
    function_version="7",
    memory_limit_in_mb=256,
    log_group_name="/reports",
    get_remaining_time_in_millis=lambda: 9000,
)


@pytest.fixture
def report(
    load: Callable[[str], ModuleType], report_packages: object, monkeypatch: pytest.MonkeyPatch
) -> ModuleType:
    for name in ("API_KEY", "DEBUG", "ENVIRONMENT", "EXTERNAL_URL"):
        monkeypatch.delenv(name, raising=False)
    return load("report")


class Aws:
    """SSM and Secrets Manager, counting who asks."""

    def __init__(self) -> None:
        self.asked: list[Any] = []

    def client(self, name: str) -> "Aws":
        return self

    def get_parameter(self, **given: Any) -> Any:
        self.asked.append(given)
        return {"Parameter": {"Value": KEY}}

    def get_secret_value(self, **given: Any) -> Any:
        self.asked.append(given)
        return {"SecretString": KEY}


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Aws:
    import boto3

    fake = Aws()
    monkeypatch.setattr(boto3, "client", fake.client)
    return fake


class Web:
    """What `requests.get` answers, and what it was asked."""

    def __init__(self, answer: Any) -> None:
        self.answer, self.headers = answer, dict[str, str]()

    def get(self, url: str, *, headers: dict[str, str], timeout: float) -> Any:
        assert timeout <= 10
        self.headers = headers
        if isinstance(self.answer, Exception):
            raise self.answer
        return SimpleNamespace(raise_for_status=lambda: None, json=lambda: self.answer)


def test_the_report_has_its_fixed_fields_and_no_debug_info(report: ModuleType) -> None:
    answer = report.handler({}, CONTEXT)
    assert answer.keys() == {
        "message",
        "environment",
        "debug_mode",
        "dataframe_info",
        "external_data",
        "function_version",
    }
    assert (answer["environment"], answer["debug_mode"]) == ("unknown", False)
    assert answer["function_version"] == "7"
    assert answer["external_data"] == {"error": "EXTERNAL_URL is not set"}
    json.dumps(answer)  # Lambda can send it


def test_the_frame_is_described_from_its_rows(report: ModuleType) -> None:
    import pandas

    rows = [{"product": "A", "price": 2.5, "sold": 4}, {"product": "B", "price": 20.0, "sold": 1}]
    info = report.dataframe_info(pandas.DataFrame(rows))
    assert info["shape"] == [2, 3]
    assert info["columns"] == ["product", "price", "sold"]
    assert info["dtypes"]["price"] == "float64"
    assert (info["mean_price"], info["revenue"], info["best_seller"]) == (11.25, 30.0, "B")


@pytest.mark.parametrize(("value", "shown"), [("true", True), ("TRUE", True), ("1", False)])
def test_debug_info_comes_with_debug_alone(
    report: ModuleType, monkeypatch: pytest.MonkeyPatch, value: str, shown: bool
) -> None:
    monkeypatch.setenv("DEBUG", value)
    answer = report.handler({}, CONTEXT)
    assert answer["debug_mode"] is shown
    expected = {"memory_limit": 256, "remaining_time": 9000, "log_group": "/reports"}
    assert answer.get("debug_info") == (expected if shown else None)


@pytest.mark.parametrize(
    ("arn", "asked"),
    [
        (PARAMETER, {"Name": "/shop/key", "WithDecryption": True}),
        (SECRET, {"SecretId": SECRET}),
    ],
)
def test_the_key_goes_to_the_address_and_nowhere_else(
    report: ModuleType,
    aws: Aws,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arn: str,
    asked: Any,
) -> None:
    web = Web({"message": "hello"})
    monkeypatch.setattr(report.requests, "get", web.get)
    monkeypatch.setenv("EXTERNAL_URL", "https://api.example.com/status")
    monkeypatch.setenv("API_KEY", arn)
    monkeypatch.setenv("DEBUG", "true")
    answer = report.handler({}, CONTEXT)
    assert answer["external_data"] == {"message": "hello"}
    assert web.headers == {"x-api-key": KEY}
    report.handler({}, CONTEXT)
    assert aws.asked == [asked]  # once for the life of the environment
    assert KEY not in json.dumps(answer)
    assert KEY not in "".join(capsys.readouterr())


def test_an_address_that_does_not_answer_is_a_line_of_the_report(
    report: ModuleType, aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = f"connection to x failed, headers {KEY}"
    web = Web(report.requests.exceptions.ConnectionError(text))
    monkeypatch.setattr(report.requests, "get", web.get)
    monkeypatch.setenv("EXTERNAL_URL", "https://api.example.com/status")
    monkeypatch.setenv("API_KEY", PARAMETER)
    answer = report.handler({}, CONTEXT)
    assert answer["external_data"] == {"error": "ConnectionError"}
    assert answer["dataframe_info"]["shape"]
