"""Probes count as the kubelet's do, on a clock of the test."""

import http.server
import math
import socket
import threading
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from sandbox.kubernetes.pods import probes


class Clock:
    """Time that passes when the test says so; answers by time."""

    def __init__(self, **specs: Mapping[str, Any]) -> None:
        self.time = 100.0
        found = {kind: probes.parse(kind, spec, {}) for kind, spec in specs.items()}
        self.checks = probes.Checks(found, self.time)
        self.good = False
        self.asked: list[tuple[str, float]] = []

    def run(self, seconds: float) -> list[tuple[str, float, bool]]:
        """Kind, time and kill of every failure that counted in the next ``seconds``."""
        end, verdicts = self.time + seconds, list[tuple[str, float, bool]]()
        while self.checks.due() <= end:
            self.time = max(self.time, self.checks.due())
            for item in self.checks.tick(lambda: self.time, self._answer):
                verdicts.append((item.probe.kind, round(self.time - 100, 2), item.kill))
                if item.kill:
                    return verdicts
        self.time = end
        return verdicts

    def _answer(self, probe: probes.Probe) -> str | None:
        self.asked.append((probe.kind, self.time))
        return None if self.good else "no"


GET = {"httpGet": {"path": "/", "port": 1}}


def test_without_probes_a_container_that_runs_is_ready() -> None:
    checks = probes.Checks({}, 0)
    assert (checks.started, checks.ready, checks.due()) == (True, True, math.inf)


def test_liveness_kills_after_its_threshold_at_its_own_period() -> None:
    clock = Clock(liveness={**GET, "initialDelaySeconds": 5, "failureThreshold": 2})
    assert clock.run(60) == [("liveness", 5.0, False), ("liveness", 15.0, True)]
    assert len(clock.asked) == 2, "no extra questions"


def test_a_success_between_failures_starts_the_count_anew() -> None:
    clock = Clock(liveness={**GET, "failureThreshold": 2})
    assert clock.run(5) == [("liveness", 0.0, False)]
    clock.good = True
    assert clock.run(10) == []
    clock.good = False
    assert clock.run(5) == [("liveness", 20.0, False)]


def test_a_new_container_is_asked_often_and_its_failures_count_at_the_period() -> None:
    clock = Clock(startup={**GET, "failureThreshold": 3})
    failures = clock.run(60)
    assert failures == [("startup", 0.0, False), ("startup", 10.0, False), ("startup", 20.0, True)]
    assert len(clock.asked) > 15
    assert not clock.checks.started


def test_readiness_and_liveness_wait_for_the_startup_probe() -> None:
    clock = Clock(startup=GET, readiness=GET, liveness=GET)
    clock.run(3)
    assert {kind for kind, _ in clock.asked} == {"startup"}
    clock.good = True
    clock.run(1.5)
    assert clock.checks.started
    assert clock.checks.ready


def test_readiness_never_kills_and_needs_its_successes() -> None:
    clock = Clock(readiness={**GET, "periodSeconds": 5, "successThreshold": 2})
    assert not any(kill for _, _, kill in clock.run(60))
    clock.good = True
    clock.run(1)
    assert not clock.checks.ready
    clock.run(1)
    assert clock.checks.ready, "the second question of a new container comes soon as well"
    clock.good = False
    clock.run(11)
    assert clock.checks.ready, "two failures are not three"
    clock.run(5)
    assert not clock.checks.ready
    clock.good = True
    clock.run(5)
    assert not clock.checks.ready
    clock.run(5)
    assert clock.checks.ready, "from then on only the period counts"


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.server.seen.append(dict(self.headers))  # type: ignore[attr-defined]
        self.send_response(int(self.path.strip("/")))
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def server() -> Iterator[http.server.HTTPServer]:
    found = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    found.seen = []  # type: ignore[attr-defined]
    thread = threading.Thread(target=found.serve_forever)
    thread.start()
    yield found
    found.shutdown()
    thread.join()
    found.server_close()


def ask(spec: dict[str, Any], port: int) -> str | None:
    probe = probes.parse("readiness", spec, {"http": 5000})
    return probes.ask(
        probe, "10.0.0.9", lambda _: ("127.0.0.1", port), lambda command, _: (len(command), "out")
    )


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/200", None),
        ("/399", None),
        ("/400", "HTTP probe failed with statuscode: 400"),
        ("/503", "HTTP probe failed with statuscode: 503"),
    ],
)
def test_http_codes_from_200_to_399_are_well(
    server: http.server.HTTPServer, path: str, said: str | None
) -> None:
    assert ask({"httpGet": {"path": path, "port": "http"}}, server.server_port) == said


def test_http_probes_name_the_pod_and_send_their_headers(server: http.server.HTTPServer) -> None:
    header = [{"name": "X-Probe", "value": "yes"}]
    ask({"httpGet": {"path": "/200", "port": 5000, "httpHeaders": header}}, server.server_port)
    seen = server.seen[-1]  # type: ignore[attr-defined]
    assert seen["Host"] == "10.0.0.9:5000"
    assert seen["X-Probe"] == "yes"
    assert seen["User-Agent"].startswith("kube-probe/")


def test_what_refuses_or_never_answers_fails_in_time() -> None:
    with socket.socket() as mute:
        mute.bind(("127.0.0.1", 0))
        refused = ask({"tcpSocket": {"port": 5000}}, mute.getsockname()[1])
        assert refused is not None
        assert refused.startswith("dial tcp 10.0.0.9:5000:")
        mute.listen()
        assert ask({"tcpSocket": {"port": 5000}}, mute.getsockname()[1]) is None
        silent = ask({"httpGet": {"port": 5000}}, mute.getsockname()[1])
        assert silent == "context deadline exceeded: no answer within 1 s"


def test_commands_are_judged_by_their_exit_code() -> None:
    assert ask({"exec": {"command": []}}, 0) is None
    assert ask({"exec": {"command": ["false"]}}, 0) == "out"


def test_a_port_that_has_no_such_name_is_an_error() -> None:
    with pytest.raises(KeyError, match="web"):
        probes.parse("liveness", {"httpGet": {"port": "web"}}, {"http": 80})
