"""A container's probes, asked as the kubelet asks them.

To keep local deployments fast a container that never answered yet is asked every second or
faster; those extra questions can only find it started or ready: failures count at the
probe's own period.
"""

import http.client
import socket
import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

FIRST_PAUSE = 0.1
LONGEST_PAUSE = 1.0
"""Pauses between the extra questions of a container that never answered, in seconds."""
USER_AGENT = "kube-probe/1.34"
KINDS = ("startup", "readiness", "liveness")

Where = Callable[[int], tuple[str, int]]
"""The container's port -> what to connect to."""
Execute = Callable[[Sequence[str], float], tuple[int, str]]
"""Command and seconds -> exit code and output."""


@dataclass(frozen=True)
class Probe:
    """One probe, with the defaults of Kubernetes."""

    kind: str
    handler: Mapping[str, Any]
    port: int
    delay: float
    period: float
    timeout: float
    successes: int
    failures: int
    grace: int | None
    """Seconds between SIGTERM and SIGKILL after a failure; None takes the pod's."""


def parse(kind: str, spec: Mapping[str, Any], ports: Mapping[str, int]) -> Probe:
    """The probe of a container whose named ports are ``ports``; KeyError for an unknown name."""
    handler = next(
        {"type": name, **(spec[name] or {})}
        for name in ("httpGet", "tcpSocket", "exec", "grpc")
        if name in spec
    )
    port = handler.get("port", 0)
    return Probe(
        kind=kind,
        handler=handler,
        port=port if isinstance(port, int) else ports[port],
        delay=float(spec.get("initialDelaySeconds") or 0),
        period=float(spec.get("periodSeconds") or 10),
        timeout=float(spec.get("timeoutSeconds") or 1),
        successes=int(spec.get("successThreshold") or 1),
        failures=int(spec.get("failureThreshold") or 3),
        grace=spec.get("terminationGracePeriodSeconds"),
    )


def ask(probe: Probe, pod_ip: str, where: Where, execute: Execute) -> str | None:
    """Ask once; None is a success, else what the kubelet would write into the event."""
    try:
        if probe.handler["type"] == "httpGet":
            return _http(probe, pod_ip, where)
        if probe.handler["type"] == "exec":
            code, output = execute(probe.handler.get("command") or [], probe.timeout)
            return output.strip() or f"command exited with {code}" if code else None
        with socket.create_connection(where(probe.port), probe.timeout):
            return None
    except TimeoutError:
        return f"context deadline exceeded: no answer within {probe.timeout:g} s"
    except (OSError, http.client.HTTPException) as error:
        return f"dial tcp {pod_ip}:{probe.port}: {error}"


def _http(probe: Probe, pod_ip: str, where: Where) -> str | None:
    host, port = where(probe.port)
    if probe.handler.get("scheme") == "HTTPS":
        context = ssl.create_default_context()  # the kubelet checks no certificate either
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        connection: http.client.HTTPConnection = http.client.HTTPSConnection(
            host, port, timeout=probe.timeout, context=context
        )
    else:
        connection = http.client.HTTPConnection(host, port, timeout=probe.timeout)
    headers = {"Host": f"{pod_ip}:{probe.port}", "User-Agent": USER_AGENT, "Connection": "close"}
    for header in probe.handler.get("httpHeaders") or []:
        headers[header["name"]] = header["value"]
    try:
        connection.request("GET", probe.handler.get("path") or "/", headers=headers)
        code = connection.getresponse().status
    finally:
        connection.close()
    return None if 200 <= code < 400 else f"HTTP probe failed with statuscode: {code}"


@dataclass(frozen=True)
class Verdict:
    """What one question changed."""

    probe: Probe
    failure: str
    """Empty after a success."""
    kill: bool
    """The container is to be started again."""


class Checks:
    """The probes of one run of a container; ``tick`` asks what is due."""

    def __init__(self, probes: Mapping[str, Probe], began: float) -> None:
        self._turns = {kind: _Turn(probe, began) for kind, probe in probes.items()}
        self.started = "startup" not in probes
        self.ready = self.started and "readiness" not in probes

    def due(self) -> float:
        """When ``tick`` has something to ask next; infinity without probes."""
        return min((self._turns[kind].next for kind in self._asked()), default=float("inf"))

    def tick(
        self, now: Callable[[], float], answer: Callable[[Probe], str | None]
    ) -> list[Verdict]:
        """Ask every probe that is due; the failures that count, and what became of them."""
        verdicts: list[Verdict] = []
        for kind in self._asked():
            turn = self._turns[kind]
            if turn.next > now():
                continue
            failure = answer(turn.probe)
            counted = turn.note(now(), failure)
            if failure is None:
                if turn.good >= turn.probe.successes:
                    self._passed(kind)
            elif counted:
                over = turn.bad >= turn.probe.failures
                if over and kind == "readiness":
                    self.ready = False
                verdicts.append(Verdict(turn.probe, failure, over and kind != "readiness"))
        return verdicts

    def _asked(self) -> list[str]:
        kinds = ("readiness", "liveness") if self.started else ("startup",)
        return [kind for kind in kinds if kind in self._turns]

    def _passed(self, kind: str) -> None:
        if kind == "startup":
            self.started = True
            self.ready = "readiness" not in self._turns
        elif kind == "readiness":
            self.ready = True


class _Turn:
    """When one probe is asked, and its answers in a row."""

    def __init__(self, probe: Probe, began: float) -> None:
        self.probe = probe
        self.next = began + probe.delay
        self.good = self.bad = 0
        self._eager = probe.kind != "liveness"
        self._pause = FIRST_PAUSE
        self._counts = self.next
        """From when on the next failure counts."""

    def note(self, now: float, failure: str | None) -> bool:
        """Take an answer in; whether a failure counts."""
        counted = failure is not None and now >= self._counts
        if failure is None:
            self.good, self.bad = self.good + 1, 0
            self._eager = self._eager and self.good < self.probe.successes
            self._counts = now + self.probe.period
        else:
            self.good = 0
        if counted:
            self.bad += 1
            self._counts = now + self.probe.period
        self.next = self._counts
        if self._eager:
            self.next = min(self.next, now + self._pause)
            self._pause = min(self._pause * 1.5, LONGEST_PAUSE)
        return counted
