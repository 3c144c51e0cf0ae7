"""The benchmarks measure what they say they measure; how long it takes is not tested."""

import ast
import io
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import typer
from rich.console import Console
from typer.testing import CliRunner

from benchmarks import __main__ as command_line
from benchmarks import (
    client,
    evaluation,
    handlers,
    kubernetes,
    measure,
    start,
    storefront,
    triggers,
    workflows,
)
from components.asl import lint

REGISTRATIONS = """
import json, sys
from benchmarks import evaluation
recording = json.load(open(sys.argv[2]))
print(json.dumps(evaluation.registrations(sys.argv[1], recording)))
"""


def python(code: str, *args: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code, *args], cwd=measure.ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


# -- statistics ----------------------------------------------------------------------------


def test_a_summary_has_the_median_the_minimum_and_the_number_of_runs() -> None:
    assert measure.summarize([3.0, 1.0, 10.0, 2.0]) == measure.Summary(2.5, 1.0, 4)
    with pytest.raises(ValueError, match="nothing was measured"):
        measure.summarize([])


def test_what_is_compared_takes_turns_and_no_one_always_goes_first() -> None:
    order: list[str] = []

    def one(key: str) -> int:
        order.append(key)
        return len(order)

    results = measure.in_turns(["a", "b"], 3, one)
    assert order == ["a", "b", "b", "a", "a", "b"]
    assert results == {"a": [1, 4, 5], "b": [2, 3, 6]}


def test_memory_is_the_process_s_own_and_not_its_parent_s() -> None:
    ask = "from benchmarks.measure import peak_memory_mib as peak; print(peak())"
    take = "taken = bytearray(b'x') * (200 << 20)\n"
    start_another = "import subprocess, sys; subprocess.run([sys.executable, '-c', sys.argv[1]])"
    plain = float(python(ask))
    assert float(python(take + ask)) - plain > 190
    assert float(python(take + start_another, ask)) - plain < 50


def test_commands_keep_bytecode_and_know_nothing_of_an_activated_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("PYTHONDONTWRITEBYTECODE", "PYTHONPATH", "VIRTUAL_ENV", "KEPT"):
        monkeypatch.setenv(name, "1")
    variables = measure.environment(MORE="2")
    assert variables["KEPT"] == "1"
    assert variables["MORE"] == "2"
    assert not {"PYTHONDONTWRITEBYTECODE", "PYTHONPATH", "VIRTUAL_ENV"} & variables.keys()


def test_a_command_that_fails_is_named_with_what_it_wrote() -> None:
    with pytest.raises(RuntimeError, match=r"(?s)ended with 3.*it broke"):
        measure.run([sys.executable, "-c", "import sys; print('it broke'); sys.exit(3)"])


# -- evaluation ----------------------------------------------------------------------------


ONE_EACH = {
    "FargateWebService": ("aws:ecs/service:Service", "aws:lb/loadBalancer:LoadBalancer"),
    "EksWebApp": ("kubernetes:apps/v1:Deployment", "kubernetes:core/v1:Service"),
}
"""What each component has one of, under its own name."""


@pytest.fixture(scope="module", params=list(evaluation.LAYOUTS))
def recording(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("benchmarks") / "two.json"
    measure.fresh("benchmarks.evaluation", "record", str(path), "2", request.param)
    return path


def test_the_baseline_registers_the_very_same_resources_with_the_same_inputs(
    recording: Path,
) -> None:
    with_components, without = (
        {
            (type, name): inputs
            for type, name, custom, inputs in json.loads(
                python(REGISTRATIONS, variant, str(recording))
            )
            if custom
        }
        for variant in (evaluation.COMPONENTS, evaluation.BARE)
    )
    assert with_components.keys() == without.keys()
    assert with_components == without
    for kind in ONE_EACH[json.loads(recording.read_text())["component"]]:
        names = [name for type, name in without if type == kind]
        assert sorted(names) == ["service-1", "service-2"], kind


def test_the_baseline_registers_no_component(recording: Path) -> None:
    seen = json.loads(python(REGISTRATIONS, evaluation.BARE, str(recording)))
    assert not [type for type, *_ in seen if type.startswith("slipway:")]


def test_both_variants_import_the_same_pulumi_packages_and_count_the_same_resources(
    recording: Path,
) -> None:
    code = (
        "import json, sys\n"
        "from benchmarks import evaluation\n"
        "cost = evaluation.evaluate(sys.argv[1], json.load(open(sys.argv[2])))\n"
        "print(json.dumps([cost, evaluation.loaded_packages(), 'components' in sys.modules]))"
    )
    results = {
        variant: json.loads(python(code, variant, str(recording)))
        for variant in (evaluation.COMPONENTS, evaluation.BARE)
    }
    (cost, loaded, has_components), (bare_cost, bare_loaded, bare_has) = results.values()
    assert loaded == bare_loaded
    assert {"pulumi_aws.ecs", "pulumi_aws.eks"} & set(loaded)
    assert cost["resources"] == bare_cost["resources"] > 40
    assert (has_components, bare_has) == (True, False)
    assert cost.keys() == bare_cost.keys()
    for key in ("wall_s", "cpu_s", "import_cpu_s", "register_cpu_s", "rss_mib"):
        assert cost[key] > 0


def test_ratios_and_growth_are_computed_from_the_runs() -> None:
    def cost(resources: int, importing: float, each: float) -> dict[str, float]:
        registering = resources * each
        return {
            "resources": resources,
            "wall_s": 2 * (importing + registering),
            "cpu_s": importing + registering,
            "import_cpu_s": importing,
            "register_cpu_s": registering,
            "rss_mib": 100.0,
        }

    report = evaluation.report(
        {
            (1, evaluation.COMPONENTS): [cost(20, 1.0, 0.02), cost(20, 1.2, 0.02)],
            (1, evaluation.BARE): [cost(20, 1.0, 0.01), cost(20, 1.2, 0.01)],
            (10, evaluation.COMPONENTS): [cost(200, 1.0, 0.02)],
            (10, evaluation.BARE): [cost(200, 1.0, 0.01)],
        }
    )
    first, second = report["ratios"]
    assert first["services"] == 1
    assert first["cpu_s_minimum"] == pytest.approx(1.4 / 1.2, abs=1e-3)
    assert first["cpu_s_median"] == pytest.approx(1.5 / 1.3, abs=1e-3)
    assert second["cpu_s_median"] == pytest.approx(5.0 / 3.0, abs=1e-3)
    assert [(step["variant"], step["ms_per_further_resource"]) for step in report["growth"]] == [
        (evaluation.COMPONENTS, 20.0),
        (evaluation.BARE, 10.0),
    ]
    assert [row["per_resource_ms"] for row in report["rows"]] == [20.0, 10.0, 20.0, 10.0]
    json.dumps(report)


# -- clone to running ----------------------------------------------------------------------

MAKEFILE = """
.venv/sandbox.stamp:
\t@mkdir -p .venv && touch $@ && echo environment >> $(LOG)
up:
\t@echo up $(ARGS) $$SANDBOX_ENGINE >> $(LOG); test ! -e broken
\t@echo '{"seconds": {"cloud": 0.0, "deploy": 0.0, "journeys": 0.0}}'
down:
\t@echo down >> $(LOG)
"""


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository whose `make` only writes down what it was asked for."""
    folder = tmp_path / "repository"
    folder.mkdir()
    (folder / "Makefile").write_text(MAKEFILE)
    monkeypatch.setenv("LOG", str(tmp_path / "log"))
    monkeypatch.setenv("TMPDIR", str(tmp_path / "scratch"))
    monkeypatch.setattr("tempfile.tempdir", None)
    monkeypatch.delenv("SANDBOX_BASE_IMAGE", raising=False)
    (tmp_path / "scratch").mkdir()
    commit(folder)
    return folder


def commit(folder: Path) -> None:
    git = ["git", "-c", "user.name=bench", "-c", "user.email=bench@example.com", "-C", str(folder)]
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "one"]):
        subprocess.run([*git, *command], check=True)


def test_a_clone_is_started_cold_warm_and_again_and_then_stopped_and_removed(
    repository: Path, tmp_path: Path
) -> None:
    (repository / "uncommitted").touch()
    result = start.measure(lambda _: None, quick=True, repository=repository)
    up = "up --json process"
    assert (tmp_path / "log").read_text().splitlines() == [
        *("environment", up),
        *("down", up),
        *(up, "down"),
    ]
    assert not list((tmp_path / "scratch").iterdir())
    assert [row["start"] for row in result["rows"]] == ["cold", "warm", "again"]
    cold, warm, _ = result["rows"]
    assert set(start.PHASES) <= cold.keys()
    assert "clone" not in warm
    assert result["uncommitted_changes_left_out"] is True
    json.dumps(result)


def test_a_start_that_fails_is_stopped_as_well(repository: Path, tmp_path: Path) -> None:
    (repository / "broken").touch()
    commit(repository)
    with pytest.raises(RuntimeError, match="make up"):
        start.measure(lambda _: None, quick=True, repository=repository)
    assert (tmp_path / "log").read_text().splitlines()[-1] == "down"
    assert not list((tmp_path / "scratch").iterdir())


def test_the_phases_of_a_start_add_up_to_its_total() -> None:
    phases = {"cloud": 1.0, "deploy": 5.0, "journeys": 0.5}
    laps = start.laps({"clone": 0.5}, 20.0, phases, wall=8.0)
    assert laps["total"] == 28.5
    assert laps["other"] == 1.5
    assert sum(laps[phase] for phase in start.PHASES if phase != "total") == laps["total"]


def test_docker_is_measured_only_where_a_base_image_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("SANDBOX_BASE_IMAGE", raising=False)
    assert start.usable_engines() == ["process"]


# -- requests ------------------------------------------------------------------------------


@pytest.fixture(params=["wrk", "benchmarks.client"])
def tool(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Each client that `load` may use."""
    name = str(request.param)
    if name == "wrk" and not shutil.which("wrk"):
        pytest.skip("wrk is not installed")
    monkeypatch.setattr(client, "name", lambda: name)
    return name


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    lock = threading.Lock()
    asked = 0

    def do_GET(self) -> None:
        with self.lock:
            type(self).asked += 1
        self.send_response(500 if self.path == "/broken" else 200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[str]:
    _Handler.asked = 0
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def test_the_client_counts_what_the_server_answered(tool: str, server: str) -> None:
    measured = client.load(f"{server}/", connections=2, seconds=1)
    # What is under way when the time is over has been asked and is not counted.
    assert 0 <= _Handler.asked - measured["requests"] <= 4
    assert measured["requests"] > 0
    assert measured["errors"] == 0
    assert 0 < measured["p50_ms"] <= measured["p99_ms"]
    assert measured["seconds"] > 0.9
    assert measured["cpu_s"] > 0


def test_the_client_counts_answers_that_are_not_a_success_as_errors(tool: str, server: str) -> None:
    measured = client.load(f"{server}/broken", connections=2, seconds=1)
    assert measured["errors"] == measured["requests"] > 0


def test_the_client_s_ceiling_is_measured_against_a_server_that_does_nothing(tool: str) -> None:
    measured = client.ceiling(connections=2, seconds=1, size=100)
    assert measured["requests"] > 0
    assert measured["errors"] == 0


@pytest.mark.parametrize(
    ("answer", "complete"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", True),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\no", False),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n", False),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n", False),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", True),
    ],
)
def test_an_answer_is_complete_when_its_body_is(answer: bytes, complete: bool) -> None:
    assert client.complete(answer) is complete


def test_a_percentile_is_a_value_that_was_measured() -> None:
    values = [float(number) for number in range(100, 0, -1)]
    assert client.percentile(values, 50) == 50.0
    assert client.percentile(values, 99) == 99.0
    assert client.percentile([7.0], 99) == 7.0
    assert str(client.percentile([], 50)) == "nan"


def load(requests: float, errors: int = 0) -> dict[str, float]:
    return {
        "requests": requests,
        "seconds": 2.0,
        "errors": errors,
        "p50_ms": 5.0,
        "p99_ms": 9.0,
        "client_cpu_s": 0.1,
        "forwarding_cpu_s": 0.2,
        "storefront_cpu_s": 0.7,
    }


def test_ratios_compare_measurements_of_the_same_round() -> None:
    report = storefront.report(
        {
            storefront.BARE: [load(1000), load(100), load(1000)],
            storefront.BALANCED: [load(900), load(90), load(500, errors=3)],
        }
    )
    assert report["ratios_to_bare"] == {
        storefront.BALANCED: {"median": 0.9, "minimum": 0.5, "runs": 3}
    }
    balanced = report["rows"][1]
    assert balanced["per_s"] == {"median": 250.0, "minimum": 45.0, "runs": 3}
    assert (balanced["requests"], balanced["errors"]) == (1490, 3)
    assert balanced["cpu_ms_per_request"]["forwarding"] == pytest.approx(600 / 1490, abs=1e-3)
    json.dumps(report)


def test_a_way_that_answers_nothing_is_a_row_of_errors() -> None:
    nothing = load(0, errors=16)
    report = storefront.report({storefront.BARE: [load(10)], storefront.BALANCED: [nothing]})
    assert report["rows"][1]["cpu_ms_per_request"] == {}
    assert report["ratios_to_bare"][storefront.BALANCED]["median"] == 0


def test_the_emulator_forwards_to_loopback_addresses_alone() -> None:
    calls: dict[str, Mapping[str, Any]] = {}

    class Elbv2:
        def __getattr__(self, operation: str) -> Any:
            def call(**arguments: Any) -> dict[str, Any]:
                calls[operation] = arguments
                return {
                    "TargetGroups": [{"TargetGroupArn": "group"}],
                    "LoadBalancers": [{"LoadBalancerArn": "balancer"}],
                }

            return call

    assert storefront._forward_by_emulator(Elbv2(), [5001, 5002]) == "/_alb/bench/"
    assert calls["register_targets"]["Targets"] == [
        {"Id": "127.0.0.1", "Port": 5001},
        {"Id": "127.0.0.1", "Port": 5002},
    ]


def test_cpu_time_is_split_between_what_forwards_and_the_storefront() -> None:
    import psutil

    burn = "import time\nend = time.process_time() + 0.3\nwhile time.process_time() < end: pass"
    code = (
        f"import subprocess, sys\nchild = subprocess.Popen([sys.executable, '-c', '''{burn}\n"
        "print(1, flush=True)\nsys = __import__(\"sys\")\nsys.stdin.read()'''],"
        " stdin=subprocess.PIPE, stdout=subprocess.PIPE)\n"
        "child.stdout.readline()\nprint('ready', flush=True)\nsys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as parent:
        assert parent.stdout is not None
        parent.stdout.readline()
        process = psutil.Process(parent.pid)
        forwarding, serving = storefront._cpu(storefront.Target("", process, forwards=True))
        assert serving > 0.25
        assert forwarding < serving
        ignored, _ = storefront._cpu(storefront.Target("", process, forwards=False))
        assert ignored == 0


# -- the command ---------------------------------------------------------------------------


@pytest.fixture
def canned(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, bool]]:
    """Results without a measurement, and which part was asked for how."""
    asked: list[tuple[str, bool]] = []
    cost = {
        "resources": 20,
        **dict.fromkeys(("wall_s", "cpu_s", "import_cpu_s", "register_cpu_s", "rss_mib"), 1.0),
    }
    phases = dict.fromkeys(start.PHASES, 1.0)
    evaluated = {
        "layout": "a layout",
        "packages": [],
        "packages_without_a_resource": ["pulumi_idle"],
        **evaluation.report(
            {
                (count, variant): [{**cost, "resources": 20 * count}]
                for count in (1, 10)
                for variant in (evaluation.COMPONENTS, evaluation.BARE)
            }
        ),
    }
    results = {
        command_line.Part.EVALUATION: evaluated,
        command_line.Part.START: {
            "commit": "abc1234",
            "uncommitted_changes_left_out": True,
            "uv": "on PATH",
            "rows": start.report({("process", "cold"): [phases]}),
        },
        command_line.Part.REQUESTS: {
            "client": "wrk",
            "client_ceiling_per_s": 1.0,
            "connections": 16,
            "seconds_each": 4.0,
            "request": "GET /",
            **storefront.report({storefront.BARE: [load(10)], storefront.BALANCED: [load(9)]}),
        },
        command_line.Part.HANDLERS: {
            "packages": {"layer": dict.fromkeys(("cold_s", "warm_s", "zip_mb", "unzipped_mb"), 2)},
            **handlers.report({key: [0.01 * n] for n, key in enumerate(handlers.IMPORTS, 1)}),
        },
        command_line.Part.TRIGGERS: {
            "messages": 10,
            "connections": 4,
            "client": "wrk",
            "rows": triggers.report(
                "queue → function", {triggers.CEILING: [100.0], triggers.COMPONENT: [95.0]}
            ),
            "errors": {triggers.CEILING: 0, triggers.COMPONENT: 3},
        },
        command_line.Part.WORKFLOWS: {
            "orders": 60,
            "together": 8,
            "rows": workflows.rows({workflows.CEILING: [(10.0, [0.1] * 50)]}),
            "linter": {"states": 1000, "beyond_start_ms": {"median": 90.0, "minimum": 80.0}},
        },
        command_line.Part.KUBERNETES: {
            **kubernetes.report({kubernetes.REAL: [6.0], kubernetes.MEMORY: [0.5]}, [3.0]),
            "evaluation": evaluated,
        },
    }

    def measuring(part: command_line.Part) -> Any:
        def one(_say: measure.Say, *, quick: bool) -> Any:
            asked.append((part.value, quick))
            return results[part]

        return one

    for part in command_line.Part:
        monkeypatch.setitem(command_line.MEASURE, part, measuring(part))
    return asked


def invoke(*arguments: str) -> Any:
    app = typer.Typer()
    app.command()(command_line.bench)
    return CliRunner().invoke(app, list(arguments))


def bench(*arguments: str) -> str:
    done = invoke(*arguments)
    assert done.exit_code == 0, done.output
    return str(done.stdout)


def test_the_command_prints_one_json_document_with_every_part(canned: Any) -> None:
    document = json.loads(bench("--json"))
    assert list(document) == ["machine", *command_line.Part]
    assert document["machine"]["cores"] == os.cpu_count()
    assert document["start"]["rows"][0]["total"] == {"median": 1.0, "minimum": 1.0, "runs": 1}
    assert canned == [(part.value, False) for part in command_line.Part]


def test_one_part_can_be_measured_alone_and_quickly(canned: Any) -> None:
    assert list(json.loads(bench("--json", "--quick", "--only", "start"))) == ["machine", "start"]
    assert canned == [("start", True)]


def test_the_tables_show_ratios_phases_and_what_was_left_out(canned: Any) -> None:
    written = io.StringIO()
    command_line.show(json.loads(bench("--json")), Console(width=200, file=written))
    text = written.getvalue()
    assert "1 services: components / bare = 1.00 (1.00) CPU" in text
    assert "pulumi_idle" in text
    assert "commit abc1234 (uncommitted changes left out)" in text
    assert "journeys" in text
    assert "0.90" in text
    assert "0.95 (0.95)" in text  # of the emulator by hand
    assert "failed API calls: {'emulator by hand': 0, 'component': 3}" in text
    assert "handler, with Powertools at once" in text
    assert "90 (80) ms beyond the start of Python" in text


def test_a_part_that_cannot_be_measured_is_named_and_the_others_are_kept(
    canned: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_say: measure.Say, *, quick: bool) -> Any:
        raise RuntimeError("make up ended with 2: [no] port")

    monkeypatch.setitem(command_line.MEASURE, command_line.Part.START, fail)
    done = invoke("--json")
    assert done.exit_code == 1
    document = json.loads(done.stdout)
    assert document["start"] == {"error": "make up ended with 2: [no] port"}
    assert document["requests"]["rows"]
    shown = invoke()
    assert shown.exit_code == 1
    assert "start could not be measured: make up ended with 2: [no] port" in shown.stdout
    assert "load balancer" in shown.stdout


# -- functions -----------------------------------------------------------------------------


def test_imports_are_compared_with_the_bare_interpreter_of_the_same_round() -> None:
    rows = handlers.report(
        {
            handlers.BARE: [0.010, 0.020],
            handlers.OWN: [0.020, 0.040],
            handlers.HANDLER: [0.022, 0.044],
        }
    )["rows"]
    assert [row["of_bare"]["median"] for row in rows] == [1.0, 2.0, 2.2]
    assert rows[2]["of_own"]["median"] == 1.1


def test_what_is_imported_is_what_the_handler_needs_and_not_less() -> None:
    # Otherwise the aim would be measured against too much or too little.
    tree = ast.parse((handlers.FUNCTION / "handler.py").read_text())
    needed = {
        module
        for node in tree.body
        for module in (
            [node.module]
            if isinstance(node, ast.ImportFrom)
            else [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else []
        )
    }
    own = handlers.IMPORTS[handlers.OWN].removeprefix("import ").split(", ")
    assert needed - {"log"} == set(own)


def test_a_cold_build_makes_what_a_warm_one_finds(tmp_path: Path) -> None:
    first = handlers.pack(str(tmp_path))
    assert {"function", "layer"} == first.keys()
    assert first["layer"]["unzipped_mb"] > first["layer"]["zip_mb"] > first["function"]["zip_mb"]
    paths = {made["path"] for made in first.values()}
    assert {made["path"] for made in handlers.pack(str(tmp_path)).values()} == paths
    assert {path.is_relative_to(tmp_path) for path in map(Path, paths)} == {True}


# -- workflows -----------------------------------------------------------------------------


def test_the_large_document_is_right_and_as_large_as_it_says() -> None:
    document = workflows.large(1000)
    assert len(document["States"]) == 1000
    assert [problem for problem in lint(document) if not problem.warning] == []


def test_orders_a_second_are_compared_with_the_ceiling_of_the_same_round() -> None:
    shipped = {
        workflows.CEILING: [(10.0, [0.1] * 50), (20.0, [0.2] * 50)],
        workflows.SHIPPED: [(5.0, [1.0] * 50), (16.0, [3.0] * 50)],
    }
    ceiling, component = workflows.rows(shipped)
    assert ceiling["of_ceiling"] == {"median": 1.0, "minimum": 1.0, "runs": 2}
    assert component["of_ceiling"] == {"median": 0.65, "minimum": 0.5, "runs": 2}
    assert (component["p50_s"], component["p99_s"]) == (2.0, 3.0)
