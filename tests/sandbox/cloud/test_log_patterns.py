"""Filter patterns, by the examples of the CloudWatch Logs User Guide."""

import pytest

from sandbox.cloud.logs import patterns
from sandbox.cloud.logs.words import SyntaxWrongError

LINE = '127.0.0.1 - frank [10/Oct/2000:13:25:15 -0700] "GET /index.html HTTP/1.0" 404 1534'


@pytest.mark.parametrize(
    ("pattern", "message", "fits"),
    [
        ("", "anything", True),
        ("ERROR", "[ERROR 401] UNAUTHORIZED", True),
        ("ERROR", "[error 401]", False),
        ("ERROR ARGUMENTS", "[ERROR 419] MISSING ARGUMENTS", True),
        ("ERROR ARGUMENTS", "[ERROR 401] UNAUTHORIZED", False),
        ('"INTERNAL SERVER ERROR"', "[ERROR 500] INTERNAL SERVER ERROR", True),
        ('"said \\"no\\""', 'it said "no"', True),
        ("?ERROR ?ARGUMENTS", "[ERROR 401] UNAUTHORIZED", True),
        ("?ERROR ?ARGUMENTS", "all is well", False),
        ("ERROR -ARGUMENTS", "[ERROR 401] UNAUTHORIZED", True),
        ("ERROR -ARGUMENTS", "[ERROR 419] MISSING ARGUMENTS", False),
        ("%AUTHORIZED%", "UNAUTHORIZED", True),
        ("%[45]\\d\\d%", "status 200", False),
    ],
)
def test_terms(pattern: str, message: str, fits: bool) -> None:
    assert patterns.matches(pattern, message) is fits


@pytest.mark.parametrize(
    ("pattern", "document", "fits"),
    [
        ('{ $.level = "ERROR" }', '{"level": "ERROR"}', True),
        ('{ $.level = "ERROR" }', '{"level": "INFO"}', False),
        ('{ $.level = "ERROR" }', '{"message": "level ERROR"}', False),
        ('{ $.level = "ERROR" }', 'level "ERROR"', False),
        ("{ $.level = ERROR }", '{"level": "ERROR"}', True),
        ('{ $.ip != "123.123.*" }', '{"ip": "10.0.0.1"}', True),
        ('{ $.ip = "*.0.0.1" }', '{"ip": "10.0.0.1"}', True),
        ("{ $.took > 75 }", '{"took": 75.5}', True),
        ("{ $.took > 75 }", '{"took": "80"}', False),
        ("{ $.took >= 1e2 && $.took < 200 }", '{"took": 100}', True),
        ("{ $.a.b[1] = 2 }", '{"a": {"b": [1, 2]}}', True),
        ('{ $.tags[*] = "x" }', '{"tags": ["y", "x"]}', True),
        ("{ $.['a b'] IS NULL }", '{"a b": null}', True),
        ("{ $.a IS TRUE }", '{"a": 1}', False),
        ("{ $.a NOT EXISTS }", '{"b": 1}', True),
        ("{ ($.a = 1 || $.b = 1) && $.c = 1 }", '{"b": 1, "c": 1}', True),
        ("{ $.a = 1 || $.b = 1 && $.c = 1 }", '{"a": 1}', True),
        ("{ $.message = %time(d)? out% }", '{"message": "Task timed out"}', True),
    ],
)
def test_json(pattern: str, document: str, fits: bool) -> None:
    assert patterns.matches(pattern, document) is fits


@pytest.mark.parametrize(
    ("pattern", "fits"),
    [
        ("[ip, id, user, time, request, status, size]", True),
        ("[ip, id, user, time, request, status = 4*, size]", True),
        ("[ip, id, user, time, request, status = 5*, size]", False),
        ("[..., status = 404 || status = 410, size > 1000]", True),
        ('[ip, ..., request = "GET *", status, size]', True),
        ("[ip, user]", False),
    ],
)
def test_words(pattern: str, fits: bool) -> None:
    assert patterns.matches(pattern, LINE) is fits


def test_values_are_taken_from_what_fits() -> None:
    selected = patterns.compiled("[..., status, size]").match(LINE)
    assert selected is not None
    assert patterns.metric_value("$size", selected) == 1534
    assert patterns.metric_value("2.5", selected) == 2.5
    assert patterns.dimensions({"Status": "$status"}, selected) == {"Status": "404"}
    assert patterns.dimensions({"Other": "$other"}, selected) is None
    selected = patterns.compiled("{ $.took = * }").match('{"took": 3, "deep": {"er": "x"}}')
    assert selected is not None
    assert patterns.metric_value("$.took", selected) == 3
    assert patterns.metric_value("$.deep", selected) is None
    assert patterns.dimensions({"Deep": "$.deep.er"}, selected) == {"Deep": "x"}


@pytest.mark.parametrize(
    "pattern",
    [
        "{ $.level = }",
        "{ level = 1 }",
        '{ $.level = "ERROR"',
        "{ $.a > x }",
        "foo-bar",
        "a:b",
        "[a, b",
        "[a = ]",
        "[..., a, ...]",
        "%[%",
    ],
)
def test_what_is_malformed_is_refused(pattern: str) -> None:
    with pytest.raises(SyntaxWrongError):
        patterns.compiled(pattern)
