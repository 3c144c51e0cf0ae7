"""The journeys of orders tell when a guard is missing: a copy of the program has none."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.sandbox.conftest import ROOT, WITHOUT_KUBERNETES, Sandbox, environment_of

pytestmark = pytest.mark.sandbox

DEFINITION = "components/order_workflow/definition.py"
COMPONENT = "components/order_workflow/component.py"


@dataclass(frozen=True)
class Guard:
    """One line that keeps orders safe, and what stands in its place in the copy."""

    journey: str
    file: str
    line: str
    instead: str
    verdict: str
    """Words of what the journey then says."""


GUARDS = {
    "a charge is made once": Guard(
        "The same order sent 5 times at once is charged once",
        "functions/process_payment/simulator.py",
        'CHARGE_ONCE = "attribute_not_exists(#id)"',
        'CHARGE_ONCE = "attribute_not_exists(#id) OR attribute_exists(#id)"',
        "cents charged",
    ),
    "a gateway that is down is asked again": Guard(
        "A gateway that is down twice and then up charges once",
        DEFINITION,
        "interval=5,\n            attempts=3,",
        "interval=5,\n            attempts=1,",
        "PaymentFailed",
    ),
    "what no retry can cure is not retried": Guard(
        "A declined card is not charged and not tried again",
        "components/order_workflow/states.py",
        '{"ErrorEquals": incurable, "MaxAttempts": 0}',
        '{"ErrorEquals": incurable, "MaxAttempts": 1, "IntervalSeconds": 1}',
        "the attempts failed with",
    ),
    "the money goes back": Guard(
        "What cannot be shipped is paid back", COMPONENT, '"undo": UNDO,', "", "undone"
    ),
    "the sum is compared": Guard(
        "An order whose sum is wrong by a cent is refused, and kept",
        "functions/validate_order/handler.py",
        "and total != amount:",
        "and abs(total - amount) > 1:",
        "SUCCEEDED",
    ),
    "executions that are stopped are kept": Guard(
        "An execution that was stopped is kept, started anew and charged once",
        COMPONENT,
        '"ABORTED", "TIMED_OUT"',
        '"TIMED_OUT"',
        "never came to the queue",
    ),
    "large orders are asked for": Guard(
        "A large order waits for a person, and is charged once approved",
        DEFINITION,
        '"NumericLessThanEquals": above',
        '"NumericLessThanEquals": above + 1e6',
        "never asked for approval",
    ),
    "a double click is one order": Guard(
        "An order is placed in the shop and followed until it is shipped",
        "app/storefront/order_desk.py",
        r'digest = hashlib.sha256(f"{order.customer_id}\n{key}".encode()).digest()',
        'digest = __import__("os").urandom(32)',
        "two orders",
    ),
    "rows that stand out are found": Guard(
        "A data set is checked, worked on from two sides, and combined",
        "functions/process_b/handler.py",
        "THRESHOLD = 3.5",
        "THRESHOLD = 1e9",
        "outliers",
    ),
    "what was handled is still a failure": Guard(
        "A data set without a good row fails with the reason",
        "components/data_workflow/definition.py",
        """                "ErrorPath": "$.error.Error",
                "CausePath": "$.error.Cause",""",
        """                "Error": "Unknown",""",
        "FAILED Unknown",
    ),
}
CONSEQUENCES = {
    "A customer whose parcel cannot be sent reads why, and has the money back": "was never final",
    "A large order that is rejected is never charged": "never asked for approval",
}
"""Journeys that fail for lack of a guard above."""


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Verdicts by title after every guard was taken out."""
    folder = tmp_path_factory.mktemp("unguarded")
    program = _unguarded(folder / "program")
    sandbox = Sandbox(folder / "state", environment_of("process"))
    up = sandbox.run("up", "--json", "--no-verify", *WITHOUT_KUBERNETES, "--program", str(program))
    try:
        assert up.code == 0, up.text
        verified = sandbox.run("verify", "--json", "--patience", "60")
        assert verified.code == 1, verified.text
        yield {
            item["title"]: f"{item['verdict']}: {' | '.join(item['evidence'])}"
            for item in verified.document["journeys"]
        }
    finally:
        sandbox.run("down")


def _unguarded(target: Path) -> Path:
    target.mkdir()
    for name in ("components", "app", "functions"):
        shutil.copytree(ROOT / name, target / name, ignore=shutil.ignore_patterns("__pycache__"))
    for pattern in ("*.yaml", "*.py"):
        for file in ROOT.glob(pattern):
            shutil.copy(file, target)
    for guard in GUARDS.values():
        file = target / guard.file
        text = file.read_text()
        assert text.count(guard.line) == 1, f"{guard.file} no longer has {guard.line!r} once"
        file.write_text(text.replace(guard.line, guard.instead))
    return target


@pytest.mark.parametrize("name", GUARDS)
def test_the_journey_fails_without_its_guard(verdicts: dict[str, str], name: str) -> None:
    guard = GUARDS[name]
    assert verdicts[guard.journey].startswith("failed"), verdicts[guard.journey]
    assert guard.verdict in verdicts[guard.journey]


@pytest.mark.parametrize("title", CONSEQUENCES)
def test_a_journey_that_needs_the_same_guard_fails_as_well(
    verdicts: dict[str, str], title: str
) -> None:
    assert verdicts[title].startswith("failed"), verdicts[title]
    assert CONSEQUENCES[title] in verdicts[title]


def test_an_order_that_needs_no_guard_is_shipped_all_the_same(verdicts: dict[str, str]) -> None:
    title = "ORD-12345 of 59.98 USD is validated, charged and shipped"
    assert verdicts[title].startswith("passed"), verdicts[title]
