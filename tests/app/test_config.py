"""Configuration: defaults, and one clear message for each mistake."""

import pytest
from storefront.config import ConfigError, Settings


def test_an_empty_environment_gives_the_defaults() -> None:
    settings = Settings.from_env({})
    assert settings == Settings()
    assert settings.bind == "0.0.0.0:5000"
    assert (settings.version, settings.workers) == ("1.0", 1)


def test_an_empty_variable_counts_as_unset() -> None:
    names = ("HOST", "PORT", "APP_VERSION", "LOG_LEVEL", "WEB_CONCURRENCY", "DRAIN_SECONDS")
    assert Settings.from_env(dict.fromkeys(names, "")) == Settings()


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
        }
    )
    assert settings == Settings("::1", 8080, "2.0", "debug", 2, 4, 60)
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
        ("ORDER_WORKFLOW_ARN", "arn:x", "nothing: this version"),
    ],
)
def test_a_wrong_value_is_named_with_what_is_allowed(name: str, value: str, allowed: str) -> None:
    with pytest.raises(ConfigError) as refused:
        Settings.from_env({name: value})
    message = str(refused.value)
    assert message.startswith(f"storefront: {name}={value!r} is not valid. Allowed: {allowed}")
    assert "or unset it" in message


def test_all_mistakes_are_listed_at_once() -> None:
    with pytest.raises(ConfigError) as refused:
        Settings.from_env({"PORT": "x", "LOG_LEVEL": "y"})
    assert [line.split("=")[0] for line in str(refused.value).splitlines()] == [
        "storefront: PORT",
        "storefront: LOG_LEVEL",
    ]
