"""Renders the nodes of a template with the objects that it may use."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .nodes import (
    ForEach,
    If,
    Listed,
    Literal,
    Mapped,
    Node,
    Operation,
    Quoted,
    Reference,
    Set,
    Step,
    TemplateError,
    Text,
    Value,
)
from .objects import call, printed

Functions = Mapping[str, Callable[..., Any]]
"""What a root such as ``$util`` can do."""


class Scope:
    """Variables, and the roots that a template does not make itself."""

    def __init__(self, functions: Mapping[str, Functions], given: Mapping[str, Any]) -> None:
        self.functions = functions
        self.given = given
        self.variables: dict[str, Any] = {}


def rendered(nodes: Sequence[Node], scope: Scope) -> str:
    """The text that a template makes."""
    return "".join(_node(node, scope) for node in nodes)


def _node(node: Node, scope: Scope) -> str:
    if isinstance(node, Text):
        return node.text
    if isinstance(node, Reference):
        return printed(_follow(node, scope))  # nothing where it is undefined
    if isinstance(node, Set):
        _assign(node, scope)
        return ""
    if isinstance(node, If):
        for condition, body in node.branches:
            if condition is None or _true(evaluate(condition, scope)):
                return rendered(body, scope)
        return ""
    return _each(node, scope)


def _each(node: ForEach, scope: Scope) -> str:
    items = evaluate(node.items, scope)
    items = list(items.values()) if isinstance(items, dict) else items
    before, texts = dict(scope.variables), list[str]()
    for index, item in enumerate(items if isinstance(items, list) else []):
        state = {"index": index, "count": index + 1, "hasNext": index + 1 < len(items)}
        scope.variables |= {node.name: item, "foreach": state, "velocityCount": index + 1}
        texts.append(rendered(node.body, scope))
    for name in (node.name, "foreach", "velocityCount"):
        scope.variables.pop(name, None)
        if name in before:
            scope.variables[name] = before[name]
    return "".join(texts)


def _assign(node: Set, scope: Scope) -> None:
    value, target = evaluate(node.value, scope), node.target
    if value is None:
        return  # Velocity leaves the variable as it was
    if not target.steps:
        scope.variables[target.root] = value
        return
    *path, last = target.steps
    owner = _follow(Reference("", target.root, tuple(path)), scope)
    key = last.name or evaluate(last.index, scope) if last.index else last.name
    if not isinstance(owner, dict) or last.arguments is not None:
        raise TemplateError(f"{target.source} cannot be set.")
    owner[str(key)] = value


def evaluate(value: Value, scope: Scope) -> Any:
    """What an expression means."""
    if isinstance(value, Literal):
        return value.value
    if isinstance(value, Quoted):
        return rendered(value.parts, scope)
    if isinstance(value, Listed):
        return [evaluate(item, scope) for item in value.items]
    if isinstance(value, Mapped):
        return {str(evaluate(key, scope)): evaluate(item, scope) for key, item in value.items}
    if isinstance(value, Operation):
        return _operation(value, scope)
    return _follow(value, scope)


def _follow(reference: Reference, scope: Scope) -> Any:
    steps = list(reference.steps)
    if reference.root in scope.variables:
        value = scope.variables[reference.root]
    elif reference.root in scope.functions:
        functions = scope.functions[reference.root]
        if not steps or steps[0].name not in functions:
            raise TemplateError(f"{reference.source} is not served.")
        first = steps.pop(0)
        try:
            value = functions[first.name](*_arguments(first, scope))
        except TypeError as error:
            raise TemplateError(f"{reference.source}: {error}") from None
    else:
        value = scope.given.get(reference.root)
    for step in steps:
        value = _step(value, step, scope)
    return value


def _step(value: Any, step: Step, scope: Scope) -> Any:
    if step.index is not None:
        key = evaluate(step.index, scope)
        if isinstance(value, list):
            return value[key] if isinstance(key, int) and -1 < key < len(value) else None
        return value.get(str(key)) if isinstance(value, dict) else None
    if step.arguments is not None:
        return call(value, step.name, _arguments(step, scope))
    return value.get(step.name) if isinstance(value, dict) else None


def _arguments(step: Step, scope: Scope) -> list[Any]:
    return [evaluate(argument, scope) for argument in step.arguments or ()]


def _true(value: Any) -> bool:
    """Velocity 1: everything but null and false, an empty text too."""
    return value is not None and value is not False


def _operation(operation: Operation, scope: Scope) -> Any:
    operator, sides = operation.operator, operation.sides
    left = evaluate(sides[0], scope)
    if operator == "!":
        return not _true(left)
    if operator in ("&&", "||"):
        if _true(left) is (operator == "||"):
            return operator == "||"
        return _true(evaluate(sides[1], scope))
    right = evaluate(sides[1], scope)
    if operator == "==":
        return left == right
    if operator == "!=":
        return left != right
    if operator == "+" and (isinstance(left, str) or isinstance(right, str)):
        return printed(left) + printed(right)
    return _arithmetic(operator, left, right)


def _arithmetic(operator: str, left: Any, right: Any) -> Any:
    if not isinstance(left, int | float) or not isinstance(right, int | float):
        return None
    whole = isinstance(left, int) and isinstance(right, int)
    if operator in ("/", "%"):
        if right == 0:
            return None
        quotient = int(left / right)
        if operator == "%":
            return left - right * quotient
        return quotient if whole else left / right
    done: dict[str, Callable[[], Any]] = {
        "+": lambda: left + right,
        "-": lambda: left - right,
        "*": lambda: left * right,
        "<": lambda: left < right,
        ">": lambda: left > right,
        "<=": lambda: left <= right,
        ">=": lambda: left >= right,
    }
    return done[operator]()
