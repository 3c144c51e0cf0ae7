"""The storefront as it really runs: a gunicorn process, asked over the network, and stopped."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from .conftest import APP

# An application with a route that says when it has begun, and ends when it is told to.
SLOW = """
import pathlib, time
from storefront import create_app

def create():
    app = create_app()

    @app.get("/slow")
    def slow():
        pathlib.Path({marker!r}).touch()
        while not pathlib.Path({go!r}).exists():
            time.sleep(0.02)
        return "done"

    return app
"""


class Server:
    """One gunicorn process on a port of its own."""

    def __init__(self, folder: Path, **env: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self.marker, self.go = folder / "slow-has-begun", folder / "slow-may-end"
        (folder / "slow_app.py").write_text(SLOW.format(marker=str(self.marker), go=str(self.go)))
        command = [sys.executable, "-m", "gunicorn", "--config", str(APP / "gunicorn.conf.py")]
        self.process = subprocess.Popen(
            [*command, "--pythonpath", str(folder), "slow_app:create()"],
            # Elsewhere than the application, with a home that cannot be written.
            cwd=folder,
            env=os.environ
            | {"HOST": "127.0.0.1", "PORT": str(self.port), "HOME": "/nowhere"}
            | env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        _until(self.accepts)

    def accepts(self) -> bool:
        with socket.socket() as caller:
            return caller.connect_ex(("127.0.0.1", self.port)) == 0

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)

    def get(self, path: str) -> tuple[int, str]:
        connection = self.connect()
        try:
            return _get(connection, path)
        finally:
            connection.close()

    def send(self, raw: bytes) -> bytes:
        with socket.create_connection(("127.0.0.1", self.port), timeout=60) as caller:
            caller.sendall(raw)
            return caller.recv(4096)

    def stop(self) -> tuple[int, list[dict[str, Any]], str]:
        """Ask it to stop; return its exit code, its log events and its stderr."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        out, err = self.process.communicate(timeout=60)
        return self.process.returncode, [json.loads(line) for line in out.splitlines()], err


@pytest.fixture
def server(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Server]:
    started = Server(tmp_path, **getattr(request, "param", {}))
    yield started
    if started.process.poll() is None:
        started.process.kill()
    started.process.communicate()


def _get(connection: http.client.HTTPConnection, path: str) -> tuple[int, str]:
    connection.request("GET", path)
    response = connection.getresponse()
    return response.status, response.read().decode()


def _until(condition: Any, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


@pytest.mark.parametrize("server", [{"DRAIN_SECONDS": "115"}], indirect=True)
def test_a_request_in_flight_is_finished_while_the_process_drains(server: Server) -> None:
    waiting = server.connect()
    assert _get(waiting, "/ready")[0] == 200
    with ThreadPoolExecutor() as pool:
        slow = pool.submit(server.get, "/slow")
        _until(server.marker.exists)
        server.process.send_signal(signal.SIGTERM)
        _until(lambda: not server.accepts())
        status, body = _get(waiting, "/ready")
        assert not slow.done()
        assert status == 503
        assert json.loads(body)["failures"]["process"].startswith("draining")
        server.go.touch()
        assert slow.result() == (200, "done")
    waiting.close()
    code, _, _ = server.stop()
    assert code == 0


@pytest.mark.parametrize("server", [{"DRAIN_SECONDS": "1"}], indirect=True)
def test_draining_ends_when_its_time_is_over(server: Server) -> None:
    with ThreadPoolExecutor() as pool:
        slow = pool.submit(server.get, "/slow")  # which nobody tells to end
        _until(server.marker.exists)
        code, _, _ = server.stop()
        assert code == 0
        assert slow.exception() is not None


def test_who_has_connected_before_the_stop_is_answered(server: Server) -> None:
    assert server.get("/health")[0] == 200  # the master listens before it has a worker
    master = server.process.pid
    worker = int(Path(f"/proc/{master}/task/{master}/children").read_text())
    # While the worker is held, those who connect wait in the kernel's queue.
    os.kill(worker, signal.SIGSTOP)
    early = [server.connect() for _ in range(5)]
    for connection in early:
        connection.request("GET", "/health")
    server.process.send_signal(signal.SIGTERM)
    time.sleep(0.3)
    os.kill(worker, signal.SIGCONT)
    assert [connection.getresponse().status for connection in early] == [200] * 5
    for connection in early:
        connection.close()
    assert server.stop()[0] == 0


@pytest.mark.parametrize("server", [{"DRAIN_SECONDS": "115"}], indirect=True)
def test_an_idle_process_stops_before_its_time_to_drain_is_over(server: Server) -> None:
    assert server.get("/")[0] == 200
    code, _, err = server.stop()  # which waits half as long
    assert (code, err) == (0, "")


def test_all_output_is_json_and_requests_are_one_event_each(server: Server) -> None:
    connection = server.connect()
    connection.request(
        "GET",
        "/api/products?card=4111",
        headers={
            "X-Amzn-Trace-Id": "Root=1-a-b",
            "X-Forwarded-For": "192.0.2.7",
            "User-Agent": 'x"y',
        },
    )
    body = connection.getresponse().read()
    connection.close()
    _, icon = server.get("/favicon.ico")
    server.get("/a%0Ab%1b")
    server.get("/health")
    server.get("/ready")
    assert b" 400 " in server.send(b"NONSENSE\r\n\r\n")
    _, events, err = server.stop()
    assert err == ""
    assert all({"timestamp", "level", "logger", "message"} <= set(event) for event in events)
    # Answers leave before their events are written, so two threads may write in either order.
    requests = {event["path"]: event for event in events if event.get("event") == "request"}
    assert requests.keys() == {"/api/products", "/favicon.ico", "/a\nb\x1b"}
    first = requests["/api/products"]
    assert first.pop("duration_ms") > 0
    assert {name: first[name] for name in list(first)[4:]} == {
        "event": "request",
        "method": "GET",
        "path": "/api/products",
        "status": 200,
        "bytes": len(body),
        "client": "192.0.2.7",
        "user_agent": 'x"y',
        "request_id": "Root=1-a-b",
        "trace_id": "Root=1-a-b",
    }
    assert requests["/favicon.ico"]["bytes"] == len(icon)
    assert requests["/a\nb\x1b"]["status"] == 404


@pytest.mark.parametrize("server", [{"LOG_LEVEL": "debug"}], indirect=True)
def test_health_checks_are_logged_at_debug(server: Server) -> None:
    server.get("/health")
    _, events, _ = server.stop()
    assert [(event["path"], event["level"]) for event in events if "path" in event] == [
        ("/health", "debug")
    ]


def test_a_connection_outlives_the_load_balancers_idle_time() -> None:
    command = [sys.executable, "-m", "gunicorn", "--config", str(APP / "gunicorn.conf.py")]
    shown = subprocess.run(
        [*command, "--print-config", "storefront:create_app()"],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"DRAIN_SECONDS": "42"},
    ).stdout
    settings = dict(line.split("=", 1) for line in shown.replace(" ", "").splitlines())
    assert int(settings["keepalive"]) > 60
    assert settings["graceful_timeout"] == "42"
    assert settings["worker_class"].endswith("ThreadWorker") or "gthread" in shown
    assert settings["control_socket_disable"] == "True"


def test_a_wrong_environment_stops_the_start_with_one_message() -> None:
    command = [sys.executable, "-m", "gunicorn", "--config", str(APP / "gunicorn.conf.py")]
    run = subprocess.run(
        [*command, "storefront:create_app()"],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PORT": "70000"},
    )
    assert run.returncode == 1
    assert run.stderr.startswith("storefront: PORT='70000' is not valid.")
    assert "Traceback" not in run.stderr


def test_the_containers_health_check_tells_alive_from_dead(server: Server) -> None:
    def check() -> tuple[int, str]:
        run = subprocess.run(
            [sys.executable, str(APP / "healthcheck.py")],
            capture_output=True,
            text=True,
            check=False,
            # A proxy must not be asked for the loopback address.
            env=os.environ | {"PORT": str(server.port), "http_proxy": "http://127.0.0.1:9"},
        )
        return run.returncode, run.stderr

    assert check() == (0, "")
    server.stop()
    code, said = check()
    assert code == 1
    assert f"http://127.0.0.1:{server.port}/health" in said
