"""Task states: what they call and with which arguments, and callbacks that carry their token."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..errors import nearest
from . import intrinsics
from .document import State
from .jsonata import body, context_names
from .paths import BadPath
from .paths import read as read_path
from .problems import Report, Steps
from .resources import CALLBACK, BadResource, Resource
from .resources import read as read_resource
from .values import integer, one_at_most, shown


@dataclass(frozen=True)
class Call:
    """The arguments of an optimized integration."""

    needs: tuple[str, ...]
    """Each of them; ``A|B`` is one of several."""
    takes: tuple[str, ...] = ()
    """Those that may be left out."""

    @property
    def known(self) -> tuple[str, ...]:
        """Every name."""
        return (*(name for need in self.needs for name in need.split("|")), *self.takes)


_CONDITION = (
    "ConditionExpression",
    "ExpressionAttributeNames",
    "ExpressionAttributeValues",
    "ReturnConsumedCapacity",
    "ReturnItemCollectionMetrics",
    "ReturnValues",
    "ReturnValuesOnConditionCheckFailure",
    "ConditionalOperator",
    "Expected",
)
_READ = (
    "AttributesToGet",
    "ConsistentRead",
    "ExpressionAttributeNames",
    "ProjectionExpression",
    "ReturnConsumedCapacity",
)
_MESSAGE = ("MessageAttributes", "MessageDeduplicationId", "MessageGroupId")
CALLS: Mapping[str, Call] = {
    "lambda:invoke": Call(
        ("FunctionName",), ("Payload", "InvocationType", "ClientContext", "Qualifier", "LogType")
    ),
    "sqs:sendMessage": Call(
        ("QueueUrl", "MessageBody"), (*_MESSAGE, "DelaySeconds", "MessageSystemAttributes")
    ),
    "sns:publish": Call(
        ("TopicArn|TargetArn|PhoneNumber", "Message"), (*_MESSAGE, "MessageStructure", "Subject")
    ),
    "dynamodb:getItem": Call(("TableName", "Key"), _READ),
    "dynamodb:putItem": Call(("TableName", "Item"), _CONDITION),
    "dynamodb:deleteItem": Call(("TableName", "Key"), _CONDITION),
    "dynamodb:updateItem": Call(
        ("TableName", "Key"), (*_CONDITION, "UpdateExpression", "AttributeUpdates")
    ),
    "events:putEvents": Call(("Entries",), ("EndpointId",)),
    "states:startExecution": Call(("StateMachineArn",), ("Input", "Name", "TraceHeader")),
}
"""The calls whose arguments are checked; AWS checks those of the others."""


@dataclass(frozen=True)
class Task:
    """One Task state, for whoever needs to know what a machine calls."""

    state: str
    """As in ``Problem.state``."""
    resource: str
    fields: Mapping[str, Any]
    """Its Parameters, or its Arguments when it is a JSONata state; empty when it has none, or
    when one expression computes them all."""
    callback: bool
    """It waits for its task token."""
    definition: Mapping[str, Any] = field(repr=False)
    """The whole state."""


def task(state: State) -> Task | None:
    """The task in a state whose Resource is a string."""
    resource = state.fields.get("Resource")
    if state.type != "Task" or not isinstance(resource, str):
        return None
    return Task(
        state.name, resource, arguments(state) or {}, resource.endswith(CALLBACK), state.fields
    )


def arguments(state: State) -> Mapping[str, Any] | None:
    """The arguments by name; None when there are none, or they are computed as a whole."""
    given = state.fields.get("Arguments" if state.jsonata else "Parameters")
    return given if isinstance(given, dict) else None


def resource_of(state: State) -> Resource | None:
    """What a Task state calls, if that can be told."""
    resource = state.fields.get("Resource")
    if state.type != "Task" or not isinstance(resource, str):
        return None
    try:
        return read_resource(resource)
    except BadResource:
        return None


def check_state(state: State, report: Report) -> None:
    """The resource of a Task state and its arguments."""
    if state.type != "Task":
        return
    _check_seconds(state, report)
    given = state.fields.get("Resource")
    if not isinstance(given, str):
        if "Resource" in state.fields:
            report.error(state, ("Resource",), f"must be a string, not {shown(given)}.")
        return
    try:
        resource = read_resource(given)
    except BadResource as problem:
        report.error(state, ("Resource",), str(problem))
        return
    if state.jsonata and "Arguments" in state.fields:
        value = state.fields["Arguments"]
        if not isinstance(value, dict) and body(value) is None:
            report.error(
                state,
                ("Arguments",),
                f"must be an object or a {{% %}} expression, not {shown(value)}.",
            )
    if state.express and resource.waits:
        what = "activities" if resource.kind == "activity" else repr(resource.pattern)
        report.error(
            state,
            ("Resource",),
            f"Express workflows have no {what}. Make the machine a standard one, or call without.",
        )
    _check_call(state, resource, report)
    _check_token(state, resource, report)


def _check_seconds(state: State, report: Report) -> None:
    for name in ("TimeoutSeconds", "HeartbeatSeconds"):
        one_at_most(report, state, (), state.fields, (name, f"{name}Path"))
    timeout = integer(report, state, ("TimeoutSeconds",), state.fields, 1, jsonata=state.jsonata)
    beat = integer(report, state, ("HeartbeatSeconds",), state.fields, 1, jsonata=state.jsonata)
    if timeout is not None and beat is not None and beat >= timeout:
        report.error(
            state,
            ("HeartbeatSeconds",),
            f"{beat} is not below TimeoutSeconds ({timeout}), so it never counts. Set at most "
            f"{timeout - 1}.",
        )


def _check_call(state: State, resource: Resource, report: Report) -> None:
    call, given = CALLS.get(resource.call), _names(state)
    if call is None or given is None:
        return
    name = "Arguments" if state.jsonata else "Parameters"
    for need in call.needs:
        names = need.split("|")
        if not any(one in given for one in names):
            report.error(
                state, (name, names[0]), f"is missing: {resource.call} needs {' or '.join(names)}."
            )
    for bare, written in given.items():
        # Without a similar name it may be newer than this table.
        if bare not in call.known and (close := nearest(bare, call.known)):
            report.error(
                state, (name, written), f"{resource.call} has no {bare}. Did you mean {close!r}?"
            )


def _names(state: State) -> dict[str, str] | None:
    """Arguments without ``.$`` to how they are written; None when they cannot be told."""
    given = arguments(state)
    if given is None:
        computed = "Arguments" in state.fields or "Parameters" in state.fields
        return None if computed else {}
    return {key if state.jsonata else key.removesuffix(".$"): key for key in given}


def _check_token(state: State, resource: Resource, report: Report) -> None:
    name = "Arguments" if state.jsonata else "Parameters"
    token = "$states.context.Task.Token" if state.jsonata else "$$.Task.Token"
    found = [*_context(state.fields.get(name), (name,), jsonata=state.jsonata)]
    if resource.pattern != CALLBACK:
        for steps, names in found:
            if names[:1] == ("Task",):
                report.error(
                    state,
                    steps,
                    f"there is no task token here: only a resource that ends in {CALLBACK!r} has "
                    "one. Add that, or remove the token.",
                )
        return
    if not any(names[:1] in ((), ("Task",)) for _, names in found):
        example = f"'{{% {token} %}}'" if state.jsonata else f"'{token}'"
        report.error(
            state,
            (name,),
            f"a task that waits for its token must hand it over: put {example} into what is sent, "
            "or nobody can answer.",
        )
    if not any(key.startswith(("TimeoutSeconds", "HeartbeatSeconds")) for key in state.fields):
        report.error(
            state,
            ("TimeoutSeconds",),
            "is missing: without it or HeartbeatSeconds a lost answer keeps the execution waiting "
            "for a year. Set how long the answer may take.",
        )


def _context(value: Any, steps: Steps, *, jsonata: bool) -> Iterator[tuple[Steps, Sequence[str]]]:
    """Where the context object is used, and the names that follow it."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _context(item, (*steps, key), jsonata=jsonata)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _context(item, (*steps, index), jsonata=jsonata)
    elif isinstance(value, str):
        for names in _context_names(value, dynamic=str(steps[-1]).endswith(".$"), jsonata=jsonata):
            yield steps, names


def _context_names(value: str, *, dynamic: bool, jsonata: bool) -> list[tuple[str, ...]]:
    try:
        if jsonata:
            inside = body(value)
            return [] if inside is None else context_names(inside)
        if not dynamic:
            return []
        found = (read_path(value),) if value.startswith("$") else intrinsics.read(value)
        return [tuple(path.names) for path in found if path.root == "$$"]
    except BadPath:  # reported elsewhere; it may well have been meant as the token
        return [()]
