"""Requests a second of the storefront behind the sandbox's load balancer, and of gunicorn bare.

The same application, configuration, number of processes and threads, client and connections;
only the way differs: straight to gunicorn, through the sandbox's load balancer to two tasks,
or to the same tasks through the emulator's own `/_alb/<name>/` on its gateway port. All of it
runs on loopback, on the same cores as the client, so what forwarding costs shows in the ratio.
"""

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import requests

from benchmarks import client
from benchmarks.measure import ROOT, Say, environment, in_turns, run, summarize

BARE = "bare gunicorn"
BALANCED = "load balancer"
EMULATED = "emulator's own"
CONNECTIONS = 16
"""As many as the two processes have threads."""
ROUNDS = 10
SECONDS = 2.0
"""Short and many, so that both of a round meet the same noise."""
WARM_UP_SECONDS = 1.0
START_SECONDS = 30.0
PARTS = ("client", "forwarding", "storefront")
"""Where the CPU time of a request goes."""


@dataclass(frozen=True)
class Target:
    """One way to the storefront, and the processes that work for it."""

    url: str
    serving: psutil.Process
    """Its descendants run the storefront."""
    forwards: bool
    """Whether `serving` itself stands between client and storefront."""


def measure(say: Say, *, quick: bool = False) -> dict[str, Any]:
    """Each way's requests a second, latency, errors and CPU, in turns; ratios to bare gunicorn."""
    rounds, seconds = (3, 1.0) if quick else (ROUNDS, SECONDS)
    with tempfile.TemporaryDirectory(prefix="bench-storefront-") as folder:
        say("storefront: starting the sandbox and gunicorn")
        with _sandbox(Path(folder) / "state") as ways, _gunicorn(Path(folder)) as bare:
            targets = {BARE: bare, **ways}
            for target in targets.values():
                client.load(target.url, connections=CONNECTIONS, seconds=WARM_UP_SECONDS)

            def one(key: str) -> dict[str, float]:
                say(f"storefront: {key}")
                return _load(targets[key], seconds)

            results = in_turns(list(targets), rounds, one)
            size = len(requests.get(bare.url, timeout=10).content)
            say("storefront: the client's ceiling")
            ceiling = client.ceiling(connections=CONNECTIONS, seconds=seconds, size=size)
    return {
        "client": client.name(),
        "client_ceiling_per_s": round(ceiling["requests"] / ceiling["seconds"], 1),
        "connections": CONNECTIONS,
        "seconds_each": seconds,
        "request": "GET /",
        **report(results),
    }


def report(results: Mapping[str, Sequence[Mapping[str, float]]]) -> dict[str, Any]:
    """Rows, and requests a second over those of bare gunicorn of the same round."""
    rows: list[dict[str, Any]] = []
    for way, runs in results.items():
        answered = sum(item["requests"] for item in runs)
        rows.append(
            {
                "way": way,
                "per_s": vars(summarize([item["requests"] / item["seconds"] for item in runs])),
                "p50_ms": vars(summarize([item["p50_ms"] for item in runs])),
                "p99_ms": vars(summarize([item["p99_ms"] for item in runs])),
                "requests": int(answered),
                "errors": int(sum(item["errors"] for item in runs)),
                "cpu_ms_per_request": {
                    part: round(sum(item[f"{part}_cpu_s"] for item in runs) / answered * 1000, 3)
                    for part in PARTS
                }
                if answered
                else {},
            }
        )
    return {
        "rows": rows,
        "ratios_to_bare": {
            way: vars(summarize([*map(_ratio, runs, results[BARE])]))
            for way, runs in results.items()
            if way != BARE
        },
    }


def _ratio(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    """Requests a second of two measurements of the same round: both met the same noise."""
    return (one["requests"] / one["seconds"]) / (other["requests"] / other["seconds"])


def _load(target: Target, seconds: float) -> dict[str, float]:
    before = _cpu(target)
    measured = client.load(target.url, connections=CONNECTIONS, seconds=seconds)
    after = _cpu(target)
    return {
        **{key: value for key, value in measured.items() if key != "cpu_s"},
        "client_cpu_s": measured["cpu_s"],
        "forwarding_cpu_s": after[0] - before[0],
        "storefront_cpu_s": after[1] - before[1],
    }


def _cpu(target: Target) -> tuple[float, float]:
    """CPU seconds so far, of what forwards and of the storefront's processes."""

    def spent(processes: Sequence[psutil.Process]) -> float:
        return float(sum(sum(process.cpu_times()[:2]) for process in processes))

    forwarding = [target.serving] if target.forwards else []
    return spent(forwarding), spent(target.serving.children(recursive=True))


@contextmanager
def _sandbox(state: Path) -> Iterator[dict[str, Target]]:
    """The whole program in a sandbox of its own, tasks as processes."""
    from sandbox.deploy import connect

    command = [sys.executable, "-m", "sandbox"]
    try:
        document = json.loads(
            run(
                [*command, "up", "--json", "--no-verify", "--state", str(state)],
                env=environment(SANDBOX_ENGINE="process"),
            )
        )
        cloud = document["cloud"]
        process = psutil.Process(cloud["pid"])
        path = _forward_by_emulator(connect(cloud["endpoint"]).client("elbv2"), _ports(process))
        ways = {
            BALANCED: Target(document["outputs"]["storefront_url"] + "/", process, forwards=True),
            EMULATED: Target(cloud["endpoint"] + path, process, forwards=True),
        }
        for target in ways.values():
            _wait_for(target.url)
        yield ways
    finally:
        run([*command, "down", "--state", str(state)])


def _ports(cloud: psutil.Process) -> list[int]:
    """Where the tasks really listen."""
    return sorted(
        {
            connection.laddr.port
            for process in cloud.children(recursive=True)
            for connection in process.net_connections("tcp")
            if connection.status == psutil.CONN_LISTEN
        }
    )


def _forward_by_emulator(elbv2: Any, ports: Sequence[int]) -> str:
    """Path under which the emulator forwards to the tasks, by a load balancer made for it.

    It connects to a target's address as it is. The program's own targets have addresses of
    their subnets, which no network here carries, so that is asked of loopback ones only.
    """
    group = elbv2.create_target_group(Name="bench", Protocol="HTTP", Port=80, TargetType="ip")
    group_arn = group["TargetGroups"][0]["TargetGroupArn"]
    elbv2.register_targets(
        TargetGroupArn=group_arn, Targets=[{"Id": "127.0.0.1", "Port": port} for port in ports]
    )
    balancer = elbv2.create_load_balancer(Name="bench")["LoadBalancers"][0]
    elbv2.create_listener(
        LoadBalancerArn=balancer["LoadBalancerArn"],
        Protocol="HTTP",
        Port=80,
        DefaultActions=[{"Type": "forward", "TargetGroupArn": group_arn}],
    )
    return "/_alb/bench/"


@contextmanager
def _gunicorn(folder: Path) -> Iterator[Target]:
    """gunicorn with as many processes as the sandbox has tasks."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}/"
    # Logs go to a file here as well; the rest is what the image and the program set.
    with (folder / "gunicorn.log").open("w") as log:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "gunicorn"),
                *("--config", str(ROOT / "app" / "gunicorn.conf.py")),
                "storefront:create_app()",
            ],
            env={
                "PATH": os.environ["PATH"],
                "HOST": "127.0.0.1",
                "PORT": str(port),
                "WEB_CONCURRENCY": "2",
                "APP_VERSION": "1.0",
                "PYTHONUNBUFFERED": "1",
            },
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            _wait_for(url)
            yield Target(url, psutil.Process(process.pid), forwards=False)
        finally:
            process.terminate()
            process.wait(START_SECONDS)


def _wait_for(url: str) -> None:
    """Wait until the address answers as it should."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            requests.get(url, timeout=1).raise_for_status()
        except requests.RequestException:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(f"{url} did not answer with success within {START_SECONDS:g} s")
