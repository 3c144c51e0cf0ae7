"""Metric math: expressions over series, read as a small language and never as Python.

A value is a number, a series, or several series. An operation on two series has a value where
both have one; a division by nothing has none.
"""

import ast
import functools
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from .functions import FUNCTIONS, Context, Several, Value, each, pairwise
from .series import Query, Series, Window

LONGEST = 2048
NOT_HERE = ("SEARCH", "ANOMALY_DETECTION_BAND", "INSIGHT_RULE_METRIC", "SERVICE_QUOTA", "LAMBDA")
"""Functions of CloudWatch that need what the sandbox does not have."""
_WORDS = {"AND": " and ", "OR": " or ", "&&": " and ", "||": " or ", "^": "**"}
_TOKEN = re.compile(r'"[^"]*"|\'[^\']*\'|&&|\|\||\^|\bAND\b|\bOR\b')
_ID = re.compile(r"[a-z][a-zA-Z0-9_]{0,254}")
_OPERATORS: dict[type, Callable[[float, float], float | None]] = {
    ast.Add: lambda left, right: left + right,
    ast.Sub: lambda left, right: left - right,
    ast.Mult: lambda left, right: left * right,
    ast.Div: lambda left, right: left / right if right else None,
    ast.Pow: lambda left, right: _power(left, right),
    ast.Gt: lambda left, right: float(left > right),
    ast.GtE: lambda left, right: float(left >= right),
    ast.Lt: lambda left, right: float(left < right),
    ast.LtE: lambda left, right: float(left <= right),
    ast.Eq: lambda left, right: float(left == right),
    ast.NotEq: lambda left, right: float(left != right),
    ast.And: lambda left, right: float(bool(left) and bool(right)),
    ast.Or: lambda left, right: float(bool(left) or bool(right)),
}


class ExpressionError(ValueError):
    """What is asked for cannot be computed; the message is CloudWatch's answer."""


def check(queries: Sequence[Query]) -> None:
    """Refuse what could not be evaluated, whatever the data.

    Raises:
        ExpressionError: an id twice or malformed, an unknown name or function, bad syntax.
    """
    ids = [item.id for item in queries]
    for id_ in ids:
        if not _ID.fullmatch(id_):
            raise ExpressionError(
                f"The value '{id_}' for parameter Id is invalid: it must start with a lowercase "
                "letter and contain only letters, numbers and underscores."
            )
        if ids.count(id_) > 1:
            raise ExpressionError(f"The values for parameter Id are not unique: {id_}.")
    for item in queries:
        if bool(item.expression) == (item.metric is not None):
            raise ExpressionError(
                f"Exactly one of Expression and MetricStat must be given for '{item.id}'."
            )
    _ordered(queries)


def references(expression: str, id_: str = "expression") -> set[str]:
    """Ids of other queries that it names."""
    return _names(_parsed(expression, id_))[0]


def evaluate(queries: Sequence[Query], windows: Mapping[str, Window]) -> dict[str, Value]:
    """The value of each query; ``windows`` says over which periods, by id."""
    values: dict[str, Value] = {}
    metrics = [item.id for item in queries if item.metric is not None]
    for item in _ordered(queries):
        window = windows[item.id]
        if item.metric is not None:
            values[item.id] = item.metric.read(window)
            continue
        context = Context(window, {key: values[key] for key in metrics if key in values})
        try:
            values[item.id] = _value(_parsed(item.expression, item.id), values, context)
        except TypeError as error:
            raise ExpressionError(
                f"Error in expression '{item.id}': what it is of does not fit it ({error})."
            ) from None
    return values


def as_series(value: Value, window: Window) -> list[Series]:
    """What a caller is shown of a value: a number is one for every period."""
    if isinstance(value, float | int):
        return [dict.fromkeys(window.starts, float(value))]
    return [value] if isinstance(value, dict) else list(value)


def _ordered(queries: Sequence[Query]) -> list[Query]:
    """Every query after those that it names."""
    named = {item.id: item for item in queries}
    done: list[Query] = [item for item in queries if item.metric is not None]
    under_way: list[str] = []

    def visit(item: Query) -> None:
        if item in done:
            return
        if item.id in under_way:
            raise ExpressionError(f"Error in expression '{item.id}': it depends on itself.")
        under_way.append(item.id)
        for name in sorted(references(item.expression, item.id)):
            if name not in named:
                raise ExpressionError(
                    f"Error in expression '{item.id}' [Metric or expression '{name}' not found]"
                )
            visit(named[name])
        under_way.remove(item.id)
        done.append(item)

    for item in queries:
        visit(item)
    return done


@functools.lru_cache(maxsize=1024)
def _parsed(expression: str, id_: str) -> ast.expr:
    if len(expression) > LONGEST:
        raise ExpressionError(f"Error in expression '{id_}': longer than {LONGEST} characters.")
    if re.match(r"\s*SELECT\b", expression, re.I):
        raise ExpressionError(f"Error in expression '{id_}': the sandbox has no Metrics Insights.")
    text = _TOKEN.sub(lambda found: _WORDS.get(found[0], found[0]), expression)
    try:
        tree = ast.parse(text.strip(), mode="eval").body
        names = _names(tree)[1]
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise ExpressionError(f"Error in expression '{id_}' [Invalid syntax]") from None
    for name in names:
        if name in NOT_HERE:
            raise ExpressionError(f"Error in expression '{id_}': the sandbox has no {name}.")
        if name not in FUNCTIONS and name != "METRICS":
            raise ExpressionError(f"Error in expression '{id_}' [Unknown function(s): {name}]")
    return tree


def _names(tree: ast.expr) -> tuple[set[str], list[str]]:
    """Ids and functions in a tree; a ValueError if there is anything else in it."""
    ids: set[str] = set()
    functions: list[str] = []

    def visit(node: ast.expr) -> None:
        match node:
            case ast.Constant(value=bool() | None):
                raise ValueError(ast.dump(node))
            case ast.Constant(value=int() | float()):
                pass
            case ast.Name(id=name) if _ID.fullmatch(name):
                ids.add(name)
            case ast.BinOp(left=left, right=right, op=op) if type(op) in _OPERATORS:
                visit_all((left, right))
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                visit(operand)
            case ast.BoolOp(values=values):
                visit_all(values)
            case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in _OPERATORS:
                visit_all((left, right))
            case ast.List(elts=items):
                visit_all(items)
            case ast.Call(func=ast.Name(id=name), args=given, keywords=[]):
                functions.append(name)
                plain = (item for item in given if not _is_word(name, item))
                visit_all(plain)
            case _:
                raise ValueError(ast.dump(node))

    def visit_all(nodes: Iterable[ast.expr]) -> None:
        for item in nodes:
            visit(item)

    visit(tree)
    return ids, functions


def _is_word(function: str, node: ast.expr) -> bool:
    """Whether an argument is a word of the function: FILL's REPEAT, the text of METRICS."""
    if function == "METRICS":
        return isinstance(node, ast.Constant) and isinstance(node.value, str)
    return function == "FILL" and isinstance(node, ast.Name) and node.id in ("REPEAT", "LINEAR")


def _value(node: ast.expr, values: Mapping[str, Value], context: Context) -> Value:
    def of(item: ast.expr) -> Value:
        return _value(item, values, context)

    match node:
        case ast.Constant(value=number):
            return float(number)  # type: ignore[arg-type]  # _names lets numbers alone through
        case ast.Name(id=name):
            return values[name]
        case ast.BinOp(left=left, op=op, right=right):
            return pairwise(_OPERATORS[type(op)], of(left), of(right))
        case ast.UnaryOp(operand=operand):
            return each(lambda number: -number, of(operand))
        case ast.BoolOp(op=op, values=items):
            result = of(items[0])
            for item in items[1:]:
                result = pairwise(_OPERATORS[type(op)], result, of(item))
            return result
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            return pairwise(_OPERATORS[type(op)], of(left), of(right))
        case ast.List(elts=items):
            several: Several = []
            for item in items:
                several += as_series(of(item), context.window)
            return several
        case ast.Call(func=ast.Name(id="METRICS"), args=given):
            part = str(given[0].value) if given and isinstance(given[0], ast.Constant) else ""
            return [
                found
                for key, found in context.metrics.items()
                if part in key and isinstance(found, dict)
            ]
        case ast.Call(func=ast.Name(id=name), args=given):
            arguments: list[Any] = [
                item.id if _is_word(name, item) and isinstance(item, ast.Name) else of(item)
                for item in given
            ]
            return FUNCTIONS[name](context, *arguments)
        case _:
            raise ExpressionError("Error in expression [Invalid syntax]")


def _power(left: float, right: float) -> float | None:
    try:
        result = left**right
    except (OverflowError, ZeroDivisionError):
        return None
    return float(result) if isinstance(result, int | float) else None
