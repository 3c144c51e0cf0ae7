"""The patches still fit the pinned emulator, and say so if they do not."""

import re
from pathlib import Path
from types import ModuleType

import pytest

from sandbox.cloud.patches import guard
from sandbox.cloud.patches.lambda_errors import failure

PATCHES = Path(guard.__file__).parent


def test_every_patch_is_guarded() -> None:
    """Assigning to the emulator's modules by hand would go unnoticed when they change."""
    for path in PATCHES.glob("*.py"):
        found = re.findall(
            r"^\s*(?:alb|ecs|ecr|app|imds|sts|ssm|lambda_svc)\.\w+ = ", path.read_text(), re.M
        )
        assert not found, path.name


def test_each_replaced_function_is_named_once_with_its_signature() -> None:
    names = [
        match
        for path in PATCHES.glob("*.py")
        for match in re.findall(r"guard\.(?:replace|wrap)\(\s*(\w+),\s*\"(\w+)\"", path.read_text())
    ]
    assert len(names) >= 25
    assert len(set(names)) == len(names)


@pytest.fixture
def emulator() -> ModuleType:
    module = ModuleType("ministack.services.fake")
    exec("def handler(data): return 'old'", module.__dict__)
    module._ACTION_MAP = {"Act": module.handler}  # type: ignore[attr-defined]
    return module


def test_a_replacement_reaches_the_action_table_too(emulator: ModuleType) -> None:
    guard.replace(emulator, "handler", "(data)", lambda data: "new")
    assert emulator.handler({}) == "new"
    assert emulator._ACTION_MAP["Act"]({}) == "new"


def test_a_vanished_function_is_named(emulator: ModuleType) -> None:
    with pytest.raises(
        guard.UpstreamChangedError, match=r"fake\.gone \(ministack 1\.[\d.]+\) no longer exists"
    ):
        guard.replace(emulator, "gone", "(data)", lambda data: None)


def test_a_changed_signature_is_named(emulator: ModuleType) -> None:
    with pytest.raises(
        guard.UpstreamChangedError, match=r"now takes \(data\) and no longer \(body\)"
    ):
        guard.replace(emulator, "handler", "(body)", lambda data: None)
    assert emulator.handler({}) == "old"


@pytest.mark.parametrize(
    ("log", "expected"),
    [
        (
            'START\nTraceback (most recent call last):\n  File "h.py", line 1, in f\n'
            "    raise OutOfStock('x')\nhandler.OutOfStock: none left",
            ("OutOfStock", "none left"),
        ),
        ('Traceback (most recent call last):\n  File "h.py"\nValueError', ("ValueError", "")),
        (
            'Traceback (most recent call last):\n  File "h.py"\nValueError: first\nsecond',
            ("ValueError", "first\nsecond"),
        ),
        (
            "Traceback (most recent call last):\nRuntime.MarshalError: no JSON",
            ("Runtime.MarshalError", "no JSON"),
        ),
        ("an ordinary line: nothing failed", None),
    ],
)
def test_a_failure_is_told_as_its_traceback_does(
    log: str, expected: tuple[str, str] | None
) -> None:
    assert failure(log) == expected
