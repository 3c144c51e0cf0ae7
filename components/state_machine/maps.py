"""Distributed Maps: each starts executions of its own state machine, and reads and writes S3.

The linter's tasks do not show them, since no Task is involved. What they read and write is in
the caller's ``permissions``; that they may start the machine itself comes after the machine,
in a policy of its own, because the machine needs its role first.
"""

from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from ..policy import Statement
from .arns import executions

_READERS = {"getObject": "s3:GetObject", "listObjectsV2": "s3:ListBucket"}
_WRITER = "s3:PutObject"


def checked(who: str, document: Mapping[str, Any], permissions: Sequence[Statement]) -> bool:
    """Whether there is a distributed Map.

    Raises:
        ValueError: one reads or writes S3, and ``permissions`` does not allow it.
    """
    found = False
    allowed = [action for item in permissions for action in item["actions"]]
    for name, state in _maps(document):
        found = True
        for field, action in _actions(state):
            if not any(fnmatchcase(action, pattern) for pattern in allowed):
                raise ValueError(
                    f"{who}: state {name!r}, {field}, needs {action}, and on which objects cannot "
                    f"be derived. Next step: permissions=[allow({action!r}, ...)]."
                )
    return found


def statements(machine_arn: str) -> list[tuple[Sequence[str], Sequence[str]]]:
    """Actions and ARNs that a machine with distributed Maps needs on itself (developer guide,
    "IAM policies for using Distributed Map states")."""
    every = executions(machine_arn)
    runs = [every, f"{every.removesuffix(':*')}/*"]
    return [
        (["states:StartExecution"], [machine_arn]),
        (["states:DescribeExecution", "states:RedriveExecution", "states:StopExecution"], runs),
    ]


def _maps(document: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, state in document.get("States", {}).items():
        inner = [state[field] for field in ("ItemProcessor", "Iterator") if field in state]
        if state.get("ItemProcessor", {}).get("ProcessorConfig", {}).get("Mode") == "DISTRIBUTED":
            yield name, state
        for one in [*inner, *state.get("Branches", ())]:
            yield from _maps(one)


def _actions(state: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if reader := state.get("ItemReader"):
        verb = str(reader.get("Resource", "")).rpartition(":")[2]
        yield "ItemReader", _READERS.get(verb, "s3:GetObject")
    if "ResultWriter" in state:
        yield "ResultWriter", _WRITER
