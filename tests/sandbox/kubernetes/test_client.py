"""The client passes on what the API server says, and never hangs."""

import base64
import json
import socket
import stat
import tempfile
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import kubernetes  # noqa: F401 - two seconds that no test shall count
import pytest

from sandbox.cloud.errors import CloudError
from sandbox.kubernetes import kubeconfig
from sandbox.kubernetes.client import Refused, Unreachable, connect

EXEC_API = "client.authentication.k8s.io/v1"
PLUGIN = """#!/bin/sh
[ "$1" ] || { echo "log in first" >&2; exit 1; }
echo '{"apiVersion": "'$API'", "kind": "ExecCredential", "status": {"token": "'$PREFIX$1'"}}'
"""


def config(server: str, **user: Any) -> dict[str, Any]:
    return {
        "clusters": [{"name": "kind", "cluster": {"server": server}}],
        "users": [{"name": "me", "user": user}],
        "contexts": [{"name": "kind-here", "context": {"cluster": "kind", "user": "me"}}],
        "current-context": "kind-here",
    }


def a_plugin(folder: Path) -> dict[str, Any]:
    program = folder / "get-token"
    program.write_text(PLUGIN)
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    environment = [{"name": "PREFIX", "value": "of-"}, {"name": "API", "value": EXEC_API}]
    return {"apiVersion": EXEC_API, "command": str(program), "env": environment}


class Server(ThreadingHTTPServer):
    """Answers every request with the next of ``answers``, and remembers who asked."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers: list[tuple[int, str]] = []
        self.tokens: list[str | None] = []
        self.url = f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        assert isinstance(self.server, Server)
        self.server.tokens.append(self.headers["Authorization"])
        status, text = self.server.answers.pop(0)
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - as inherited
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever, args=[0.01])
        thread.start()
        yield running
        running.shutdown()
        thread.join()


@pytest.fixture
def silent() -> Iterator[str]:
    """A server that accepts and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"https://127.0.0.1:{listening.getsockname()[1]}"


def test_a_server_that_never_answers_is_given_up_after_the_seconds_said(silent: str) -> None:
    began = time.monotonic()
    with pytest.raises(Unreachable) as failure:
        connect(config(silent), seconds=0.3)
    assert time.monotonic() - began < 15  # by itself it has twice as long
    assert str(failure.value) == (
        f"The Kubernetes API server {silent} (context 'kind-here') gave no answer within 0.3 s."
    )


def test_a_port_that_nobody_listens_on_is_said_to_be_so() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"https://127.0.0.1:{probe.getsockname()[1]}"
    with pytest.raises(Unreachable, match=r"cannot be reached: .*Connection refused\.$"):
        connect(config(url))


def test_the_servers_message_is_passed_on_with_its_reason(server: Server) -> None:
    status = {"kind": "Status", "reason": "Forbidden", "message": "no, because", "code": 403}
    server.answers += [(200, "{}"), (403, json.dumps(status))]
    with pytest.raises(Refused, match=r"^no, because$") as refused:
        connect(config(server.url)).request("GET", "/api")
    assert (refused.value.status, refused.value.reason) == (403, "Forbidden")
    assert refused.value.body == status


def test_an_answer_that_is_no_status_is_passed_on_as_text(server: Server) -> None:
    server.answers += [(200, "{}"), (502, "bad gateway\n")]
    with pytest.raises(Refused, match=r"^bad gateway$"):
        connect(config(server.url)).request("GET", "/api")


def test_a_token_is_sent_and_a_plugins_one_is_asked_for_again_when_it_expires(
    server: Server, tmp_path: Path
) -> None:
    plugin = {**a_plugin(tmp_path), "args": ["mine"]}
    server.answers += [(401, "{}"), (200, "{}"), (200, "{}")]
    connect(config(server.url, exec=plugin))
    connect(config(server.url, token="fixed"))
    assert server.tokens == ["Bearer of-mine", "Bearer of-mine", "Bearer fixed"]


def test_a_watch_ends_with_its_answer_and_what_was_discovered_is_in_no_file(
    server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    groups = {"kind": "APIGroupList", "groups": []}
    pods = {"name": "pods", "kind": "Pod", "namespaced": True}
    kinds = {"kind": "APIResourceList", "resources": [pods]}
    line = json.dumps({"type": "ADDED", "object": {"kind": "Pod"}}) + "\n"
    version = (200, "{}")
    server.answers += [version, version, (200, json.dumps(groups)), (200, json.dumps(kinds))]
    server.answers += [(200, line + "\n" + line)]
    api = connect(config(server.url))
    assert [event.type for event in api.watch("v1", "Pod")] == ["ADDED", "ADDED"]
    assert list(tmp_path.iterdir()) == []


def test_files_of_a_kubeconfig_are_found_beside_it(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_bytes(b"authority")
    document = config("https://127.0.0.1:1", token="x")
    document["clusters"][0]["cluster"]["certificate-authority"] = "ca.pem"
    key = "certificate-authority-data"
    held = base64.b64encode(b"authority").decode()
    assert kubeconfig.read(document, folder=tmp_path).trust[key] == held
    document["clusters"][0]["cluster"][key] = "inline"
    assert kubeconfig.read(document, folder=tmp_path).trust[key] == "inline"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [", "not YAML"),
        ("just words", "not a mapping"),
        ("{}", "names no context ''"),
        (json.dumps({**config("https://x"), "current-context": "no"}), "contexts: kind-here"),
        (json.dumps(config("localhost:6443")), "must be an https:// or http:// URL"),
        (json.dumps(config("https://x", **{"client-key": "nowhere.pem"})), "client-key"),
    ],
)
def test_a_malformed_kubeconfig_is_refused_with_what_is_wrong(text: str, message: str) -> None:
    with pytest.raises(CloudError, match=message):
        kubeconfig.read(text)


def test_a_missing_credential_plugin_is_named(server: Server) -> None:
    plugin = {"apiVersion": EXEC_API, "command": "no-such-plugin"}
    with pytest.raises(CloudError, match="'no-such-plugin' for credentials, and that program is"):
        connect(config(server.url, exec=plugin))


def test_a_credential_plugin_that_fails_is_quoted(server: Server, tmp_path: Path) -> None:
    with pytest.raises(CloudError, match=r"got none: .*log in first"):
        connect(config(server.url, exec=a_plugin(tmp_path)))


def test_a_credential_plugin_that_hangs_is_given_up(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kubeconfig, "EXEC_SECONDS", 0.1)
    plugin = {"apiVersion": EXEC_API, "command": "sleep", "args": ["1"]}
    with pytest.raises(CloudError, match=r"'sleep' .* gave none within 0\.1 s"):
        connect(config(server.url, exec=plugin))
