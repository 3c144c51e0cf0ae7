"""Errors in the caller's own language."""

import logging

import pytest
from flask import Flask
from flask.testing import FlaskClient

BROWSER = {"Accept": "text/html,*/*;q=0.8"}


def test_a_program_learns_in_json_that_there_is_nothing(client: FlaskClient) -> None:
    response = client.get("/nothing")
    assert response.status_code == 404
    error = response.get_json()["error"]
    assert error["code"] == "not_found"
    assert error["message"] == "There is nothing at this address."
    assert error["requestId"] == response.headers["X-Request-Id"]
    assert "Accept" in response.vary


def test_a_browser_gets_a_page_that_leads_back(client: FlaskClient) -> None:
    response = client.get("/nothing", headers=BROWSER)
    assert response.status_code == 404
    assert response.mimetype == "text/html"
    assert 'href="/"' in response.text
    assert response.headers["X-Request-Id"] in response.text
    assert "Accept" in response.vary


@pytest.mark.parametrize("path", ["/api/nothing", "/api/orders"])
def test_the_api_answers_in_json_whatever_is_accepted(client: FlaskClient, path: str) -> None:
    response = client.get(path, headers=BROWSER)
    assert response.status_code in {404, 405}
    assert response.get_json()["error"]["code"] in {"not_found", "method_not_allowed"}


def test_a_wrong_method_is_answered_with_the_right_ones(client: FlaskClient) -> None:
    response = client.delete("/api/orders")
    assert response.status_code == 405
    assert set(response.headers["Allow"].split(", ")) == {"POST", "OPTIONS"}


def _breaking(app: Flask) -> FlaskClient:
    def crash() -> str:
        raise RuntimeError("the secret reason")

    app.add_url_rule("/crash", view_func=crash)
    app.add_url_rule("/api/crash", "api_crash", view_func=crash)
    return app.test_client()


@pytest.mark.parametrize(
    ("path", "headers", "mimetype"),
    [
        ("/crash", {}, "application/json"),
        ("/crash", BROWSER, "text/html"),
        ("/api/crash", BROWSER, "application/json"),
    ],
)
def test_a_mistake_of_ours_is_logged_and_not_shown(
    app: Flask,
    caplog: pytest.LogCaptureFixture,
    path: str,
    headers: dict[str, str],
    mimetype: str,
) -> None:
    with caplog.at_level(logging.ERROR):
        response = _breaking(app).get(path, headers=headers)
    assert response.status_code == 500
    assert response.mimetype == mimetype
    assert "secret" not in response.text
    assert response.headers["X-Request-Id"] in response.text
    (record,) = caplog.records
    assert record.exc_info is not None
    assert "the secret reason" in str(record.exc_info[1])
