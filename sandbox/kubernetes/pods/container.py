"""One container of a pod: started, probed, started again, and what its status says meanwhile."""

import contextlib
import math
import time
from collections.abc import Callable, Mapping
from typing import Any

from . import engine as pod_engine
from . import probes
from . import spec as pod_spec
from . import status as pod_status
from .engine import Engine

FIRST_BACKOFF = 1.0
LONGEST_BACKOFF = 60.0
"""Seconds between starts of a container that keeps failing. The kubelet's are 10 and 300; these
are what its feature ReduceDefaultCrashLoopBackOffDecay makes of them."""
FORGIVEN_SECONDS = 600
"""A run that lasted longer starts the back-off anew."""
STARTING_SECONDS = 1.0
"""Between attempts at a container whose Secret or ConfigMap is not there yet."""
LOST_EXIT_CODE = 137
"""Of a container that the engine knows no more, as after SIGKILL."""
MESSAGE_BYTES, MESSAGE_LINES = 2048, 80
"""How much of the log becomes the message of a run's end (FallbackToLogsOnError)."""

Tell = Callable[[str, str, str], None]
"""Type, reason and message of an event on the pod."""


class ContainerRun:
    """All runs of one container of a pod. Used by the pod's thread only, ``kill`` apart."""

    def __init__(
        self,
        spec: Mapping[str, Any],
        uid: str,
        engine: Engine,
        environment: Callable[[Mapping[str, Any]], dict[str, str]],
        tell: Tell,
    ) -> None:
        self.spec, self.name = spec, str(spec["name"])
        self._uid, self._engine, self._environment, self._tell = uid, engine, environment, tell
        self._state: dict[str, Any] = {"waiting": {"reason": "ContainerCreating"}}
        self._last: dict[str, Any] | None = None
        self._restarts = 0
        self._failed_pulls = 0
        self._fast_ends = 0
        self._image_id = self._id = ""
        self._next_start = 0.0
        self._began = 0.0
        self._checks: probes.Checks | None = None
        self._container: Any = None

    @property
    def running(self) -> bool:
        """Whether there is a process or a Docker container of it."""
        return self._container is not None

    @property
    def ended(self) -> bool:
        """Whether its run is over; the caller decides whether it starts again."""
        return "terminated" in self._state

    @property
    def exit_code(self) -> int:
        """Of the run that is over."""
        return int(self._state["terminated"]["exitCode"])

    def due(self) -> float:
        """When ``tick`` has something to do."""
        if self._checks is not None:
            return self._checks.due()
        return float("inf") if self.ended else self._next_start

    def status(self) -> pod_status.Container:
        """What is known of it."""
        checks = self._checks
        return pod_status.Container(
            name=self.name,
            image=self.spec["image"],
            state=self._state,
            last=self._last,
            restarts=self._restarts,
            started=checks is not None and checks.started,
            ready=checks is not None and checks.ready,
            image_id=self._image_id,
            id=self._id,
        )

    def tick(self, pod: Mapping[str, Any]) -> None:
        """Start it if that is due, see whether it ended, ask its probes."""
        if self._container is None:
            if not self.ended and time.monotonic() >= self._next_start:
                self._start(pod)
        elif not self._alive():
            self._note_end()
        elif self._checks is not None:
            for verdict in self._checks.tick(time.monotonic, lambda probe: self._ask(pod, probe)):
                kind = verdict.probe.kind.capitalize()
                self._tell("Warning", "Unhealthy", f"{kind} probe failed: {verdict.failure}")
                if verdict.kill:
                    self._tell(
                        "Normal",
                        "Killing",
                        f"Container {self.name} failed {verdict.probe.kind} probe, "
                        "will be restarted",
                    )
                    grace = verdict.probe.grace
                    if grace is None:
                        grace = pod["spec"].get("terminationGracePeriodSeconds", 30)
                    self.stop(float(grace))
                    break

    def stop(self, seconds: float) -> None:
        """SIGTERM, ``seconds`` of patience, SIGKILL; the end is noted."""
        if self._container is not None:
            with contextlib.suppress(Exception):
                # Docker takes whole seconds, and refuses a fraction.
                self._container.stop(timeout=math.ceil(max(0, seconds)))
            self._note_end()

    def kill(self) -> None:
        """SIGKILL at once, from any thread; whoever waits for the end sees it."""
        container = self._container
        if container is not None:
            with contextlib.suppress(Exception):
                container.kill()

    def execute(self, command: list[str], seconds: float) -> tuple[int, str]:
        """Run a command in it."""
        if self._container is None:
            return 1, f"container {self.name} is not running"
        return self._engine.execute(self._container, command, seconds)

    def again(self, pod: Mapping[str, Any]) -> None:
        """Plan the next run of a container that ended."""
        self._last = dict(self._state["terminated"])
        self._fast_ends = (
            1 if time.monotonic() - self._began > FORGIVEN_SECONDS else self._fast_ends + 1
        )
        self._restarts += 1
        if self._fast_ends == 1:  # the first time it starts again at once
            self._next_start = 0.0
            self._state = {"waiting": {"reason": "ContainerCreating"}}
            return
        pause = min(FIRST_BACKOFF * 2 ** (self._fast_ends - 2), LONGEST_BACKOFF)
        self._next_start = time.monotonic() + pause
        message = f"back-off {pause:g}s restarting failed container={self.name} {_title(pod)}"
        self._state = {"waiting": {"reason": "CrashLoopBackOff", "message": message}}
        self._tell("Warning", "BackOff", f"Back-off restarting failed container {self.name}")

    def _start(self, pod: Mapping[str, Any]) -> None:
        try:
            self._image_id = self._engine.pull(self.spec["image"])
        except Exception as error:  # noqa: BLE001 - whatever the engine raises is the reason
            self._pull_failed(str(error))
            return
        self._failed_pulls = 0
        try:
            environment = self._environment(self.spec)
            named = pod_spec.named_ports(self.spec)
            found = {
                kind: probes.parse(kind, self.spec[f"{kind}Probe"], named)
                for kind in probes.KINDS
                if self.spec.get(f"{kind}Probe")
            }
        except (pod_spec.ConfigError, KeyError) as error:
            message = (
                str(error)
                if isinstance(error, pod_spec.ConfigError)
                else f"couldn't find port {error} of a probe"
            )
            self._wait("CreateContainerConfigError", message, STARTING_SECONDS)
            return
        began, self._began = pod_status.now(), time.monotonic()
        try:
            self._container = self._engine.start(pod, self.spec, environment, self._restarts)
        except Exception as error:  # noqa: BLE001 - as above
            self._tell("Warning", "Failed", f"Error: {error}")
            self._state = _terminated(128, "StartError", str(error), began)
            return
        self._id = f"{self._engine.scheme}://{self._container.id}"
        self._checks = probes.Checks(found, self._began)
        self._state = {"running": {"startedAt": began}}
        self._tell("Normal", "Started", f"Started container {self.name}")

    def _pull_failed(self, message: str) -> None:
        self._failed_pulls += 1
        pause = min(FIRST_BACKOFF * 2 ** (self._failed_pulls - 1), LONGEST_BACKOFF)
        text = f'Failed to pull image "{self.spec["image"]}": {message}'
        if self._failed_pulls == 1:
            self._tell("Warning", "Failed", text)
        self._wait("ImagePullBackOff", text, pause)

    def _wait(self, reason: str, message: str, seconds: float) -> None:
        if (self._state.get("waiting") or {}).get("reason") != reason:
            self._tell("Warning", "Failed", f"Error: {message}")
        self._state = {"waiting": {"reason": reason, "message": message}}
        self._next_start = time.monotonic() + seconds

    def _ask(self, pod: Mapping[str, Any], probe: probes.Probe) -> str | None:
        ip = (pod.get("status") or {}).get("podIP") or ""
        return probes.ask(
            probe,
            ip,
            lambda port: pod_engine.where(self._uid, port),
            lambda command, seconds: self.execute(list(command), seconds),
        )

    def _alive(self) -> bool:
        try:
            return self._engine.alive(self._container)
        except Exception:  # noqa: BLE001 - the engine lost it
            return False

    def _note_end(self) -> None:
        container, code, message = self._container, LOST_EXIT_CODE, ""
        try:
            code = int(container.wait()["StatusCode"])
            if code and self.spec.get("terminationMessagePolicy") == "FallbackToLogsOnError":
                message = _end_of(container.logs(tail=MESSAGE_LINES))
            self._engine.keep_log(container)
        except Exception as error:  # noqa: BLE001 - the engine lost it
            message = message or str(error)
        with contextlib.suppress(Exception):
            container.remove(force=True, v=True)
        pod_engine.withdraw(self._uid, self.spec)
        self._container = self._checks = None
        began = str((self._state.get("running") or {}).get("startedAt") or pod_status.now())
        self._state = _terminated(code, "Error" if code else "Completed", message, began, self._id)


def _terminated(
    code: int, reason: str, message: str, began: str, id: str = ""
) -> dict[str, dict[str, Any]]:
    ended: dict[str, Any] = {"exitCode": code, "reason": reason, "startedAt": began}
    ended["finishedAt"] = pod_status.now()
    if message:
        ended["message"] = message
    if id:
        ended["containerID"] = id
    return {"terminated": ended}


def _end_of(log: bytes) -> str:
    return log[-MESSAGE_BYTES:].decode(errors="replace").strip()


def _title(pod: Mapping[str, Any]) -> str:
    metadata = pod["metadata"]
    return f"pod={metadata['name']}_{metadata['namespace']}({metadata['uid']})"
