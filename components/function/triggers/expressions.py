"""Schedule expressions: ``rate(...)``, ``cron(...)`` and ``at(...)``, checked offline.

AWS answers a wrong one in the middle of an update with "Invalid Schedule Expression"; here
the message says what was meant. Fields of cron and when it fires: ``cron.py``.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from ...errors import invalid, nearest
from . import cron
from .cron import Problem

FORMS = "rate(5 minutes), cron(0 2 * * ? *) or at(2030-01-31T08:00:00)"
_UNITS = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1)}


@dataclass(frozen=True)
class Expression:
    """A checked expression."""

    text: str
    """What AWS gets; differs from what was given where a Unix cron was translated."""
    smallest_interval: timedelta | None
    """The shortest time between two runs; None where there is one run only."""
    one_time: bool
    """Whether it is ``at(...)``."""


def parse(who: str, field: str, given: object) -> Expression:
    """Check an expression.

    Args:
        who: class and name of the component, for the message.
        field: the argument as the caller writes it.
        given: the expression.

    Raises:
        ValueError: EventBridge Scheduler would refuse it; the message says what would do.
    """
    try:
        return _parse(given)
    except Problem as problem:
        raise invalid(who, field, given, problem.allowed, problem.hint) from None


def _parse(given: object) -> Expression:
    found = re.fullmatch(r"(\w+)\((.*)\)", given.strip()) if isinstance(given, str) else None
    if not found:
        fields = given.split() if isinstance(given, str) else []
        cron_like = len(fields) in (5, 6) and all(re.fullmatch(r"[\w*?/,#-]+", f) for f in fields)
        raise Problem(FORMS, f"Did you mean 'cron({' '.join(fields)})'?" if cron_like else "")
    kind, body = found[1], found[2].strip()
    if kind == "rate":
        return _rate(body)
    if kind == "at":
        return _at(body)
    if kind == "cron":
        parsed = cron.parse(body)
        return Expression(f"cron({parsed.text})", parsed.smallest_interval(), one_time=False)
    close = nearest(kind.lower(), ("rate", "cron", "at"))
    raise Problem(FORMS, f"Did you mean '{close}({body})'?" if close else "")


def _rate(body: str) -> Expression:
    allowed = "rate(value unit): a whole number, 1 or more, and minutes, hours or days"
    found = re.fullmatch(r"(\S*?)(\s*)([A-Za-z]+)", body)
    if not found:
        raise Problem(allowed, "Did you mean 'rate(5 minutes)'?")
    value, unit = found[1], found[3].lower()
    if not value.isdecimal() or int(value) == 0:
        raise Problem(
            allowed, f"{value!r} is not such a number." if value else "The number is missing."
        )
    singular = unit.removesuffix("s")
    if singular in ("second", "sec"):
        raise Problem(allowed, "The shortest is 'rate(1 minute)'.")
    if singular == "week":
        raise Problem(allowed, f"Did you mean '{_written(int(value) * 7, 'day')}'?")
    if singular in ("month", "year"):
        raise Problem(allowed, "For dates use cron, as in 'cron(0 0 1 * ? *)'.")
    close = nearest(singular, _UNITS)
    if close is None:
        raise Problem(allowed, f"{found[3]!r} is no unit.")
    right = _written(int(value), close)
    if right != f"rate({body})":
        raise Problem(allowed, f"Did you mean '{right}'?")
    return Expression(right, int(value) * _UNITS[close], one_time=False)


def _written(value: int, unit: str) -> str:
    return f"rate({value} {unit if value == 1 else unit + 's'})"


def _at(body: str) -> Expression:
    allowed = "at(yyyy-mm-ddThh:mm:ss), a time that exists"
    try:
        when = datetime.fromisoformat(body.upper())
    except ValueError:
        raise Problem(allowed, "Write it like 'at(2030-01-31T08:00:00)'.") from None
    right = f"at({when.replace(tzinfo=None, microsecond=0).isoformat()})"
    if right != f"at({body})":
        zone = " The zone stands in 'timezone'." if when.tzinfo else ""
        raise Problem(allowed, f"Did you mean '{right}'?{zone}")
    return Expression(right, None, one_time=True)
