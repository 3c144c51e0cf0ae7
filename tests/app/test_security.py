"""What browsers are told, and which headers are believed."""

import pytest
from flask import Flask, jsonify, request
from flask.testing import FlaskClient

PATHS = ["/", "/health", "/api/products", "/nothing", "/api/nothing", "/favicon.ico"]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("accept", ["*/*", "text/html"])
def test_every_answer_carries_the_security_headers(
    client: FlaskClient, path: str, accept: str
) -> None:
    headers = client.get(path, headers={"Accept": accept}).headers
    policy = headers["Content-Security-Policy"].split("; ")
    assert {"default-src 'none'", "script-src 'self'", "frame-ancestors 'none'"} <= set(policy)
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]
    assert "Cache-Control" in headers


def test_https_is_made_permanent_only_where_it_is_used(client: FlaskClient) -> None:
    name = "Strict-Transport-Security"
    assert name not in client.get("/").headers
    assert name not in client.get("/", headers={"X-Forwarded-Proto": "http"}).headers
    assert "max-age=" in client.get("/", headers={"X-Forwarded-Proto": "https"}).headers[name]


def test_exactly_one_proxy_is_believed(app: Flask) -> None:
    app.add_url_rule(
        "/seen", view_func=lambda: jsonify(client=request.remote_addr, scheme=request.scheme)
    )
    seen = app.test_client().get(
        "/seen",
        headers={"X-Forwarded-For": "6.6.6.6, 192.0.2.7", "X-Forwarded-Proto": "http, https"},
    )
    assert seen.get_json() == {"client": "192.0.2.7", "scheme": "https"}


def test_a_callers_own_forwarded_host_and_prefix_are_not_believed(app: Flask) -> None:
    app.add_url_rule("/seen", view_func=lambda: jsonify(host=request.host, root=request.root_path))
    seen = app.test_client().get(
        "/seen", headers={"X-Forwarded-Host": "evil.example", "X-Forwarded-Prefix": "/evil"}
    )
    assert seen.get_json() == {"host": "localhost", "root": ""}
