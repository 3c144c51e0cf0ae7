"""The journeys of alarms tell when an alarm looks past what it is about: a copy has such ones."""

import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from sandbox import journeys, session
from sandbox.deploy import connect
from tests.sandbox.conftest import ROOT, WITHOUT_KUBERNETES, Sandbox, environment_of

pytestmark = pytest.mark.sandbox

PATIENCE_SECONDS = 15.0
"""An alarm is waited for four times as long; one that is right needs about 20 s."""
SLOW = ("-c", 'alarmOverrides=["orders/payment/duration.threshold=1000"]')
"""The simulator's slow gateway takes three seconds."""


@dataclass(frozen=True)
class Mistake:
    """One line of an alarm, and what stands in its place in the copy."""

    module: str
    """Whose journey must fail."""
    file: str
    line: str
    instead: str
    verdict: str
    """Words of what the journey then says."""


MISTAKES = {
    "a threshold that no share of errors comes to": Mistake(
        "alarms_errors",
        "components/alarms/functions.py",
        "ERROR_PERCENT = 5.0",
        "ERROR_PERCENT = 500.0",
        "events/errors did not ring",
    ),
    "a duration by a dimension that Lambda does not publish alone": Mistake(
        "alarms_duration",
        "components/alarms/functions.py",
        'missing="notBreaching",  # no invocations, no data: nobody waited',
        'missing="notBreaching", by=("Resource",),',
        "orders/payment/duration did not ring",
    ),
    "a queue that may hold a thousand dead letters": Mistake(
        "alarms_messages",
        "components/alarms/queues.py",
        "threshold=0,",
        "threshold=1000,",
        "events/dead-letter-jobs/depth did not ring",
    ),
    "a workflow by its name": Mistake(
        "alarms_workflows",
        "components/state_machine/watching.py",
        '{"StateMachineArn": machine.arn},\n        made',
        '{"StateMachineArn": machine.name},\n        made',
        "sales/failed did not ring",
    ),
    "tasks of no service": Mistake(
        "alarms_tasks",
        "components/fargate/watching.py",
        '{"ClusterName": cluster.name, "ServiceName": service.name}',
        '{"ClusterName": cluster.name, "ServiceName": cluster.name}',
        "storefront/running was not OK again",
    ),
    "an order that is counted each time it comes": Mistake(
        "business",
        "functions/fulfill_order/handler.py",
        'if item.get("status") == "paid":',
        "if item:",
        "Revenue in GBP is",
    ),
}
UNTOLD = Mistake(
    "alarms_workflows",
    "components/observability/alarms.py",
    "alarm_actions=[topic_arn],",
    "alarm_actions=[],",
    "was never told of",
)
Reports = dict[str, journeys.Report]


def _mistaken(target: Path, *mistakes: Mistake) -> Path:
    """A copy of the program with these mistakes."""
    target.mkdir()
    for name in ("components", "app", "functions"):
        shutil.copytree(ROOT / name, target / name, ignore=shutil.ignore_patterns("__pycache__"))
    for pattern in ("*.yaml", "*.py"):
        for file in ROOT.glob(pattern):
            shutil.copy(file, target)
    for mistake in mistakes:
        file = target / mistake.file
        text = file.read_text()
        assert text.count(mistake.line) == 1, f"{mistake.file} no longer has {mistake.line!r} once"
        file.write_text(text.replace(mistake.line, mistake.instead))
    return target


def _taken(folder: Path, *mistakes: Mistake) -> Iterator[Reports]:
    """Reports by module of the journeys that these mistakes are about, side by side."""
    program = _mistaken(folder / "program", *mistakes)
    sandbox = Sandbox(folder / "state", environment_of("process"))
    options = ("--json", "--no-verify", *WITHOUT_KUBERNETES, *SLOW, "--program", str(program))
    up = sandbox.run("up", *options)
    try:
        assert up.code == 0, up.text
        cloud = session.require(sandbox.state)
        result = session.require_deployed(sandbox.state, cloud)
        context = connect(cloud.endpoint, region=cloud.region, account=cloud.account)
        modules = {mistake.module for mistake in mistakes}
        chosen = [
            one for one in journeys.every_journey() if one.module.rpartition(".")[2] in modules
        ]
        assert len(chosen) == len(modules)

        def take(one: journeys.Journey) -> journeys.Report:
            visit = journeys.Visit(result.outputs, context.client, patience=PATIENCE_SECONDS)
            return journeys.take(one, visit)

        with ThreadPoolExecutor(len(chosen)) as pool:
            reports = pool.map(take, chosen)
            yield {
                one.module.rpartition(".")[2]: report
                for one, report in zip(chosen, reports, strict=True)
            }
    finally:
        sandbox.run("down")


@pytest.fixture(scope="module")
def mistaken(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reports]:
    """Reports where every alarm looks past what it is about."""
    yield from _taken(tmp_path_factory.mktemp("mistaken"), *MISTAKES.values())


@pytest.mark.parametrize("name", MISTAKES)
def test_the_journey_fails_with_the_mistake(mistaken: Reports, name: str) -> None:
    report = mistaken[MISTAKES[name].module]
    assert report.verdict == "failed", report.evidence
    assert MISTAKES[name].verdict in report.evidence[-1]


def test_the_journey_fails_where_nobody_is_told(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    for reports in _taken(tmp_path_factory.mktemp("untold"), UNTOLD):
        report = reports[UNTOLD.module]
        assert report.verdict == "failed", report.evidence
        assert UNTOLD.verdict in report.evidence[-1]
        assert any("sales/failed → ALARM" in line for line in report.evidence)
