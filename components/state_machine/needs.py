"""What the tasks of a workflow need to be allowed, read off the document.

Each optimized integration names what it works on in one field; from that follow the actions
and, once values are known, the ARNs. What cannot be derived is refused with the action to write
into ``permissions``. Sources: Step Functions developer guide, "IAM policies for integrated
services", one page for each.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

import pulumi

from ..asl import Task, tasks
from ..errors import invalid
from ..policy import Statement, allow
from . import arns
from .definition import PLACEHOLDER
from .sdk import expected_actions

DEFAULT_BUS = "event-bus/default"
NESTED_RULE = "rule/StepFunctionsGetEventsForStepFunctionsExecutionRule"
"""Step Functions makes this rule in the account itself; it tells a ``.sync`` task that the
execution that it waits for has ended."""
_INTEGRATION = re.compile(r"arn:[^:]*:states:::(?:(aws-sdk):)?([a-z0-9-]+):([A-Za-z0-9]+)(.*)")


@dataclass(frozen=True)
class Need:
    """Actions on one thing that a task works on."""

    state: str
    actions: tuple[str, ...]
    target: str
    """As the document names it: an ARN, or ``${Name}``. Empty for what every account has."""
    service: str
    """Of its ARN."""
    form: str = "itself"
    """Which ARNs follow from it: a key of ``_FORMS``."""


@dataclass(frozen=True)
class Names:
    """What placeholders stand for, as far as that is known while checking."""

    functions: Mapping[str, pulumi.Input[str]]
    substitutions: Mapping[str, pulumi.Input[str]]
    arns: Mapping[str, pulumi.Input[str]]
    own: frozenset[str] = frozenset()
    """Placeholders of what the component makes itself, with its ARN."""


@dataclass(frozen=True)
class _Kind:
    """An integration whose one field says what it works on."""

    fields: tuple[str, ...]
    service: str
    action: str
    thing: str
    named: bool
    """Whether the field holds a name or URL rather than an ARN."""
    form: str = "itself"


_TABLE = {
    f"dynamodb:{verb}": _Kind(
        ("TableName",), "dynamodb", f"dynamodb:{verb[0].upper()}{verb[1:]}", "table", named=True
    )
    for verb in ("getItem", "putItem", "updateItem", "deleteItem")
}
_KINDS: Mapping[str, _Kind] = {
    **_TABLE,
    "lambda:invoke": _Kind(
        ("FunctionName",), "lambda", "lambda:InvokeFunction", "function", False, "function"
    ),
    "sns:publish": _Kind(("TopicArn", "TargetArn"), "sns", "sns:Publish", "topic", named=False),
    "sqs:sendMessage": _Kind(("QueueUrl",), "sqs", "sqs:SendMessage", "queue", named=True),
    "states:startExecution": _Kind(
        ("StateMachineArn",), "states", "states:StartExecution", "machine", False, "machine"
    ),
}
_FORMS: Mapping[str, Callable[[str, str], list[str]]] = {
    "itself": lambda arn, _: [arn],
    # The versions as well: an execution under way keeps calling those of its own version.
    "function": lambda arn, _: [arn, f"{arns.unqualified(arn)}:*"],
    "machine": lambda arn, _: arns.startable(arn),
    "executions": lambda arn, _: [arns.executions(arn)],
    "nested rule": lambda _, own: [arns.beside(own, "events", NESTED_RULE)],
    "default bus": lambda _, own: [arns.beside(own, "events", DEFAULT_BUS)],
}


def derive(
    who: str, document: Mapping[str, Any], names: Names, permissions: Sequence[Statement]
) -> list[Need]:
    """What the document's tasks need beyond ``permissions``.

    Raises:
        ValueError: it cannot be derived, and nothing in ``permissions`` allows it.
    """
    reader = _Reader(who, names, permissions)
    return [need for task in tasks(document) for need in reader.needs(task)]


def statements(
    who: str, needs: Sequence[Need], known: Mapping[str, str], own_arn: str
) -> list[Statement]:
    """The statements of a role, one for equal actions.

    Args:
        who: class and name of the component.
        needs: what was derived.
        known: ARNs by placeholder.
        own_arn: any ARN of the same account and region.

    Raises:
        ValueError: a placeholder stands for something else than the task works on.
    """
    found: dict[tuple[str, ...], list[str]] = {}
    for need in needs:
        name = PLACEHOLDER.fullmatch(need.target)
        arn = known[name[1]] if name else need.target
        if need.form == "function" and ":activity:" in arn:
            continue  # nobody needs to be allowed those
        if need.target:
            check_arn(who, f"state {need.state!r}, {need.target}", arn, need.service)
        found.setdefault(need.actions, []).extend(_FORMS[need.form](arn, own_arn))
    return [allow(actions, sorted(set(resources))) for actions, resources in found.items()]


def check_arn(who: str, field: str, arn: str, service: str) -> None:
    """Refuse what is not the ARN of something of this service."""
    if arns.service_of(arn) != service:
        raise invalid(who, field, arn, f"an ARN of {service}, which the role is derived from")


class _Reader:
    def __init__(self, who: str, names: Names, permissions: Sequence[Statement]) -> None:
        self._who = who
        self._names = names
        self._allowed = [action for item in permissions for action in item["actions"]]

    def needs(self, task: Task) -> Iterator[Need]:
        """What one task needs."""
        role = (task.definition.get("Credentials") or {}).get("RoleArn")
        if task.definition.get("Credentials"):
            # Everything else is done by that role.
            hint = "Credentials.RoleArn"
            yield from self._one(task, role, "iam", "sts:AssumeRole", f"the role ({hint})", True)
            return
        found = _INTEGRATION.fullmatch(task.resource)
        if found is None:
            yield from self._direct(task)
            return
        sdk, service, verb, pattern = found.groups()
        if sdk is None and (kind := _KINDS.get(f"{service}:{verb}")):
            yield from self._optimized(task, kind, pattern)
        elif sdk is None and (service, verb) == ("events", "putEvents"):
            yield from self._events(task)
        else:
            self._ask(task, service, verb, pattern)

    def _direct(self, task: Task) -> Iterator[Need]:
        """``Resource`` is a function or an activity, which nobody needs to be allowed."""
        name = PLACEHOLDER.fullmatch(task.resource)
        value = task.resource if name is None else self._names.substitutions.get(name[1])
        if isinstance(value, str) and ":activity:" in value:
            return
        yield from self._one(
            task, task.resource, "lambda", "lambda:InvokeFunction", "Resource", False, "function"
        )

    def _optimized(self, task: Task, kind: _Kind, pattern: str) -> Iterator[Need]:
        field = next((key for key in kind.fields if key in task.fields), None)
        needs = list(
            self._one(
                task,
                task.fields.get(field) if field else None,
                kind.service,
                kind.action,
                f"the {kind.thing} ({kind.fields[0]})",
                kind.named,
                kind.form,
            )
        )
        yield from needs
        if kind.thing == "machine" and pattern.startswith(".sync") and needs:
            target = needs[0].target
            watch = ("states:DescribeExecution", "states:StopExecution")
            yield Need(task.state, watch, target, "states", "executions")
            rule = ("events:DescribeRule", "events:PutRule", "events:PutTargets")
            yield Need(task.state, rule, "", "events", "nested rule")

    def _events(self, task: Task) -> Iterator[Need]:
        action, entries = "events:PutEvents", task.fields.get("Entries")
        if not isinstance(entries, Sequence) or isinstance(entries, str):
            yield from self._one(task, None, "events", action, "the event bus (Entries)", True)
            return
        for entry in entries:
            bus = entry.get("EventBusName", "default") if isinstance(entry, Mapping) else None
            if isinstance(entry, Mapping) and "EventBusName.$" in entry:
                bus = None
            if bus == "default":
                yield Need(task.state, (action,), "", "events", "default bus")
            else:
                yield from self._one(
                    task, bus, "events", action, "the event bus (EventBusName)", True
                )

    def _one(
        self,
        task: Task,
        value: object,
        service: str,
        action: str,
        what: str,
        named: bool,
        form: str = "itself",
    ) -> Iterator[Need]:
        """One action on what ``value`` names; nothing where ``permissions`` allow it already and
        it names nothing."""
        text = value if isinstance(value, str) else ""
        name = PLACEHOLDER.fullmatch(text)
        problem = hint = ""
        if name is not None:
            problem, hint = self._unusable(name[1], service, named)
        elif not text or text.startswith("{%"):
            problem = f"{what} is chosen at run time"
            hint = f"permissions=[allow({action!r}, ...)] with the ARNs that it may be"
        elif PLACEHOLDER.search(text) or arns.service_of(text) != service:
            problem = f"{what} is {text!r}, which is no ARN"
            hint = f"write it as a placeholder such as '${{{task.state.split('/')[-1]}}}', and its "
            hint += "ARN in arns" if named else "ARN in substitutions"
        if not problem:
            yield Need(task.state, (action,), text, service, form)
        elif not self._covered(action):
            raise ValueError(
                f"{self._who}: state {task.state!r} needs {action}, and that cannot be derived: "
                f"{problem}. Next step: {hint}."
            )

    def _unusable(self, name: str, service: str, named: bool) -> tuple[str, str]:
        """Why the role cannot be derived from a placeholder, and what to do."""
        names = self._names
        if name in names.own:
            return "", ""
        if name in names.arns:
            value: object = names.arns[name]
            if isinstance(value, str):
                check_arn(self._who, f"arns.{name}", value, service)
            return "", ""
        if name in names.functions:
            if service == "lambda":
                return "", ""
            return f"${{{name}}} is a function", f"name what the task works on ({service})"
        value = names.substitutions.get(name)
        if isinstance(value, str):
            if arns.service_of(value) == service:
                return "", ""
            return f"${{{name}}} stands for {value!r}, no ARN of {service}", (
                f"give the ARN as arns={{{name!r}: ...}}"
            )
        if named:
            return f"${{{name}}} stands for a name or URL", (
                f"give the ARN as arns={{{name!r}: ...}}"
            )
        return "", ""

    def _ask(self, task: Task, service: str, verb: str, pattern: str) -> None:
        """Refuse a task whose permissions only the caller can know, unless they are there."""
        expected = expected_actions(service, verb)
        # IAM may call the service otherwise than the SDK: its action's name is enough.
        verbs = [pattern.partition(":")[2] for pattern in self._allowed]
        wanted = [action.partition(":")[2] for action in expected]
        if any(fnmatchcase(one, verb_pattern) for one in wanted for verb_pattern in verbs):
            return
        more = " and what its .sync needs" if pattern.startswith(".sync") else ""
        raise ValueError(
            f"{self._who}: state {task.state!r} calls {service}:{verb}, and what that may touch "
            f"cannot be derived. Next step: permissions=[allow({expected[0]!r}, ...)] with the "
            f"ARNs of what it works on{more}."
        )

    def _covered(self, action: str) -> bool:
        return any(fnmatchcase(action, pattern) for pattern in self._allowed)
