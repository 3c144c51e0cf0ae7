"""The data of JSONata states: where expressions stand, and whether they are whole.

An expression is read as tokens: quotes, comments, regular expressions and brackets must close,
``$states`` and the functions must have names that exist. It is not parsed further; what is left
to AWS is the order of operators and operands.

Source: Step Functions developer guide, "Transforming data with JSONata"; JSONata 2.0.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from ..errors import nearest
from .document import SCOPES, State
from .paths import BadPath, check_context
from .problems import Report, Steps, suggestion
from .templates import STATIC_PATH
from .variables import Variables

RESULT_FIELDS = ("Output", "Assign")
"""Where ``$states.result`` is known, in states that have a result."""
RESULT_TYPES = ("Task", "Parallel", "Map")
STATES = ("input", "result", "errorOutput", "context")
_OF_JSONATA = """
    string length substring substringBefore substringAfter uppercase lowercase trim pad contains
    split join match replace base64encode base64decode encodeUrlComponent encodeUrl
    decodeUrlComponent decodeUrl number abs floor ceil round power sqrt random formatNumber
    formatBase formatInteger parseInteger sum max min average boolean not exists count append sort
    reverse shuffle distinct zip keys lookup spread merge sift each error assert type now millis
    fromMillis toMillis map filter single reduce
"""
_OF_STEP_FUNCTIONS = "partition range hash random uuid parse"
FUNCTIONS = frozenset(f"{_OF_JSONATA} {_OF_STEP_FUNCTIONS}".split())
"""``$eval`` is the one function of JSONata that Step Functions does not have."""

_ELSEWHERE = frozenset({*SCOPES, "Comment", "Type", "Result"})
"""Fields whose text is no data of this state."""
_TOKEN = re.compile(
    r"""
    (?P<blank>\s+|/\*.*?\*/)
    |(?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    |(?P<quoted>`[^`]*`)
    |(?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)
    |(?P<variable>\$\$|\$\w*)
    |(?P<name>[^\W\d]\w*)
    |(?P<operator>:=|!=|<=|>=|~>|\.\.|\*\*|[-.,;:?+*%|=<>^&@!#])
    |(?P<open>[(\[{])
    |(?P<close>[)\]}])
    """,
    re.VERBOSE | re.DOTALL,
)
_REGEX = re.compile(r"/(?:[^/\\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+/[im]*")
_CLOSING = {"(": ")", "[": "]", "{": "}"}
Token = tuple[str, str]


def check_state(state: State, variables: Variables, report: Report) -> None:
    """Every string of a JSONata state, those of its choice rules included."""
    for steps, value in _strings(state.fields, ()):
        inside = body(value)
        if inside is not None:
            _check_expression(state, steps, inside, variables, report)
        elif value.startswith("{%"):
            report.error(
                state, steps, f"{value!r} is cut off: an expression ends in '%}}'. Close it."
            )
        elif "{%" in value:
            report.warn(
                state,
                steps,
                f"{value!r} stays text: an expression is the whole string, from '{{%' to '%}}'. "
                "Join texts with & inside it.",
            )
        elif STATIC_PATH.fullmatch(value):
            report.warn(
                state,
                steps,
                f"{value!r} stays text: this state is JSONata. Write '{{% $states.input... %}}'.",
            )


def check_keys(state: State, report: Report) -> None:
    """No field of a JSONata state's data ends in ``.$``."""
    for steps in _keys(state.fields, ()):
        name = str(steps[-1]).removesuffix(".$")
        report.error(
            state,
            steps,
            "ends in '.$', which JSONPath states alone have. Write "
            f"'{name}' with a {{% %}} expression.",
        )


def body(value: object) -> str | None:
    """What stands between ``{%`` and ``%}``; None when ``value`` is no expression."""
    if isinstance(value, str) and len(value) > 3 and value[:2] == "{%" and value[-2:] == "%}":
        return value[2:-2]
    return None


def context_names(text: str) -> list[tuple[str, ...]]:
    """The names after each ``$states.context`` in an expression.

    Raises:
        BadPath: the expression is not whole.
    """
    found = tokens(text)
    names = [
        tuple(_names_after(found, index))
        for index, token in enumerate(found)
        if token == ("variable", "$states")
    ]
    return [after[1:] for after in names if after[:1] in ((), ("context",))]


def tokens(text: str) -> list[Token]:
    """The tokens of an expression, blanks and comments left out.

    Raises:
        BadPath: a quote, comment or bracket is not closed, or a character has no place here.
    """
    found: list[Token] = []
    brackets: list[str] = []
    position = 0
    while position < len(text):
        if text[position] == "/" and not text.startswith("/*", position):
            position = _slash(text, position, found)
            continue
        match = _TOKEN.match(text, position)
        if match is None:
            raise BadPath(_untokened(text, position))
        kind, value = str(match.lastgroup), match.group()
        if kind == "open":
            brackets.append(value)
        elif kind == "close":
            opened = brackets.pop() if brackets else ""
            if _CLOSING.get(opened) != value:
                raise BadPath(f"the expression closes {value!r} that is not open.")
        if kind != "blank":
            found.append((kind, value))
        position = match.end()
    if brackets:
        raise BadPath(f"the expression is cut off: {_CLOSING[brackets[-1]]!r} is missing.")
    if not found:
        raise BadPath("the expression is empty. Write what it is to be, such as $states.input.")
    return found


def _slash(text: str, position: int, found: list[Token]) -> int:
    """A division, or the regular expression that can stand where no operand came before."""
    operand = found and (
        found[-1][0] in ("text", "quoted", "number", "variable", "close")
        or (found[-1][0] == "name" and found[-1][1] not in ("and", "or", "in"))
    )
    if operand:
        found.append(("operator", "/"))
        return position + 1
    match = _REGEX.match(text, position)
    if match is None:
        raise BadPath("the expression has a '/' that neither divides nor starts a /pattern/.")
    found.append(("text", match.group()))
    return match.end()


def _untokened(text: str, position: int) -> str:
    char = text[position]
    if char in "\"'`":
        return f"the expression is cut off: the quote {char} is missing."
    if text.startswith("/*", position):
        return "the expression is cut off: the end of the comment */ is missing."
    return f"the expression has {char!r}, which JSONata does not know."


def _check_expression(
    state: State, steps: Steps, text: str, variables: Variables, report: Report
) -> None:
    try:
        found = tokens(text)
        _check_names(state, steps, found)
    except BadPath as problem:
        report.error(state, steps, str(problem))
        return
    bound = _bound(found)
    for index, (kind, value) in enumerate(found):
        name = value[1:]
        if kind != "variable" or name in ("", "$", "states") or name in bound:
            continue
        called = index + 1 < len(found) and found[index + 1] == ("open", "(")
        if name == "eval":
            report.error(state, steps, "Step Functions has no $eval. Use $parse for JSON text.")
        elif called and name not in FUNCTIONS:
            close = nearest(name, FUNCTIONS)
            hint = f"Did you mean ${close}?" if close else "Define it in the expression with :=."
            report.error(state, steps, f"there is no function ${name}. {hint}")
        elif not called and name not in FUNCTIONS and (message := variables.problem(name)):
            hint = message.replace(f"'$.{name}'", f"$states.input.{name}")
            report.warn(state, steps, hint)


def _check_names(state: State, steps: Steps, found: Sequence[Token]) -> None:
    """``$states.`` is followed by what there is in this field."""
    for index, token in enumerate(found):
        if token != ("variable", "$states"):
            continue
        names = _names_after(found, index)
        if not names:
            continue
        if names[0] not in STATES:
            raise BadPath(f"there is no $states.{names[0]}. {suggestion(names[0], STATES)}")
        if names[0] == "context":
            check_context(names[1:], "$states.context.")
        if names[0] == "errorOutput" and steps[0] != "Catch":
            raise BadPath("$states.errorOutput is known in Catch only. Use it in its Output.")
        in_result = state.type in RESULT_TYPES and steps[0] in RESULT_FIELDS
        if names[0] == "result" and not in_result:
            raise BadPath(
                "$states.result is known in Output and Assign of Task, Parallel and Map states. "
                "Here there is $states.input."
            )


def _names_after(found: Sequence[Token], index: int) -> list[str]:
    names: list[str] = []
    while index + 2 < len(found) and found[index + 1] == ("operator", "."):
        kind, value = found[index + 2]
        if kind not in ("name", "quoted"):
            break
        names.append(value.strip("`"))
        index += 2
    return names


def _bound(found: Sequence[Token]) -> set[str]:
    """Names that the expression binds itself: with ``:=``, ``@`` and ``#``, and parameters."""
    names: set[str] = set()
    parameters = False
    for index, (kind, value) in enumerate(found):
        following = found[index + 1] if index + 1 < len(found) else ("", "")
        before = found[index - 1] if index else ("", "")
        if kind == "name" and value in ("function", "λ"):
            parameters = True
        elif parameters and (kind, value) == ("close", ")"):
            parameters = False
        elif kind == "variable" and (
            parameters
            or following == ("operator", ":=")
            or before in (("operator", "@"), ("operator", "#"))
        ):
            names.add(value[1:])
    return names


def _strings(value: Any, steps: Steps) -> Iterator[tuple[Steps, str]]:
    if isinstance(value, str):
        yield steps, value
    elif isinstance(value, dict):
        for key, item in value.items():
            if steps or key not in _ELSEWHERE:
                yield from _strings(item, (*steps, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _strings(item, (*steps, index))


def _keys(value: Any, steps: Steps) -> Iterator[Steps]:
    if isinstance(value, dict):
        for key, item in value.items():
            if steps or key not in _ELSEWHERE:
                if key.endswith(".$"):
                    yield (*steps, key)
                yield from _keys(item, (*steps, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _keys(item, (*steps, index))
