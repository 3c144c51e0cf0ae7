"""Configuration: defaults, and one clear message for each mistake."""

import pytest
from storefront.config import ConfigError, Settings

MACHINE = "arn:aws:states:eu-west-1:123456789012:stateMachine:orders"


def test_an_empty_environment_gives_the_defaults() -> None:
    settings = Settings.from_env({})
    assert settings == Settings()
    assert settings.bind == "0.0.0.0:5000"
    assert (settings.version, settings.workers) == ("1.0", 1)


def test_an_empty_variable_counts_as_unset() -> None:
    names = ("HOST", "PORT", "APP_VERSION", "LOG_LEVEL", "WEB_CONCURRENCY", "DRAIN_SECONDS")
    orders = ("ORDERS_TABLE", "ORDER_WORKFLOW_ARN")
    assert Settings.from_env(dict.fromkeys(names + orders, "")) == Settings()


def test_every_variable_is_read() -> None:
    settings = Settings.from_env(
        {
            "HOST": "::1",
            "PORT": "8080",
            "APP_VERSION": "2.0",
            "LOG_LEVEL": "DEBUG",
            "WEB_CONCURRENCY": "2",
            "THREADS": "4",
            "DRAIN_SECONDS": "60",
            "ORDERS_TABLE": "orders",
            "ORDER_WORKFLOW_ARN": f"{MACHINE}:live",
        }
    )
    assert settings == Settings("::1", 8080, "2.0", "debug", 2, 4, 60, "orders", f"{MACHINE}:live")
    assert settings.bind == "[::1]:8080"


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("PORT", "0", "a whole number from 1 to 65535"),
        ("PORT", "65536", "a whole number from 1 to 65535"),
        ("PORT", "http", "a whole number from 1 to 65535"),
        ("PORT", " 80", "a whole number from 1 to 65535"),
        ("PORT", "٨٠", "a whole number from 1 to 65535"),
        ("WEB_CONCURRENCY", "33", "a whole number from 1 to 32"),
        ("THREADS", "-1", "a whole number from 1 to 128"),
        ("DRAIN_SECONDS", "116", "a whole number from 1 to 115"),
        ("LOG_LEVEL", "loud", "debug or info or warning or error"),
        ("HOST", "example.org", "an IP address, or localhost"),
        ("APP_VERSION", "1\n2", "1 to 64 visible characters"),
        ("APP_VERSION", "v" * 65, "1 to 64 visible characters"),
        ("ORDERS_TABLE", "a b", "a table's name: 3 to 255"),
        ("ORDERS_TABLE", "arn:aws:dynamodb:eu-west-1:123456789012:table/orders", "a table's name"),
        ("ORDER_WORKFLOW_ARN", "arn:x", "the ARN of a state machine or of its alias"),
        ("ORDER_WORKFLOW_ARN", f"{MACHINE}:live:1", "the ARN of a state machine"),
        ("ORDER_WORKFLOW_ARN", MACHINE.replace("stateMachine", "execution"), "the ARN of a state"),
    ],
)
def test_a_wrong_value_is_named_with_what_is_allowed(name: str, value: str, allowed: str) -> None:
    with pytest.raises(ConfigError) as refused:
        Settings.from_env({name: value})
    message = str(refused.value).splitlines()[0]
    assert message.startswith(f"storefront: {name}={value!r} is not valid. Allowed: {allowed}")
    assert "or unset it" in message


@pytest.mark.parametrize("arn", [MACHINE, f"{MACHINE}:live", MACHINE.replace("aws", "aws-cn", 1)])
def test_a_workflow_is_named_by_its_own_arn_or_its_aliass(arn: str) -> None:
    settings = Settings.from_env({"ORDERS_TABLE": "orders", "ORDER_WORKFLOW_ARN": arn})
    assert settings.order_workflow_arn == arn


@pytest.mark.parametrize(
    ("given", "value", "missing"),
    [
        ("ORDERS_TABLE", "orders", "ORDER_WORKFLOW_ARN"),
        ("ORDER_WORKFLOW_ARN", MACHINE, "ORDERS_TABLE"),
    ],
)
def test_table_and_workflow_come_together(given: str, value: str, missing: str) -> None:
    with pytest.raises(ConfigError) as refused:
        Settings.from_env({given: value})
    assert str(refused.value) == (
        f"storefront: {given} is set and {missing} is not. Taking orders needs both: "
        f"set {missing} too, or unset {given} to take no orders."
    )


def test_all_mistakes_are_listed_at_once() -> None:
    with pytest.raises(ConfigError) as refused:
        Settings.from_env({"PORT": "x", "LOG_LEVEL": "y"})
    assert [line.split("=")[0] for line in str(refused.value).splitlines()] == [
        "storefront: PORT",
        "storefront: LOG_LEVEL",
    ]
