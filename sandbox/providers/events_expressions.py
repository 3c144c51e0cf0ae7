"""Schedule expressions of EventBridge rules and of its Scheduler: what AWS refuses."""

import re
from datetime import datetime
from zoneinfo import available_timezones

_RATE = re.compile(r"^rate\((\d+) (minute|hour|day)(s?)\)$")
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_FIELDS: tuple[tuple[str, int, int, tuple[str, ...]], ...] = (
    ("minutes", 0, 59, ()),
    ("hours", 0, 23, ()),
    ("day of month", 1, 31, ()),
    ("month", 1, 12, _MONTHS),
    ("day of week", 1, 7, _DAYS),
    ("year", 1970, 2199, ()),
)


def check_expression(field: str, expression: str, *, once: bool = False) -> None:
    """Refuse an expression that is no ``rate(…)``, ``cron(…)`` or, if ``once``, ``at(…)``."""
    if match := _RATE.match(expression):
        count, unit, plural = int(match[1]), match[2], match[3]
        if count == 0 or (count == 1) == bool(plural):
            right = f"rate({count or 1} {unit}{'' if count <= 1 else 's'})"
            raise ValueError(f"{field}={expression!r} is not valid. AWS wants {right}.")
    elif expression.startswith("cron(") and expression.endswith(")"):
        _check_cron(field, expression)
    elif once and expression.startswith("at(") and expression.endswith(")"):
        try:
            if len(moment := expression[3:-1]) != len("yyyy-mm-ddThh:mm:ss"):
                raise ValueError(moment)
            datetime.fromisoformat(moment)
        except ValueError:
            raise ValueError(
                f"{field}={expression!r} is not valid. Allowed: at(yyyy-mm-ddThh:mm:ss)."
            ) from None
    else:
        kinds = "rate(5 minutes), cron(0 2 * * ? *)" + (", at(2030-01-01T12:00:00)" if once else "")
        raise ValueError(f"{field}={expression!r} is not valid. Allowed: {kinds}.")


def check_zone(field: str, zone: str) -> None:
    """Refuse what is no time zone of the IANA database."""
    if zone not in available_timezones():
        raise ValueError(f"{field}={zone!r} is no time zone. Allowed: names such as Europe/Berlin.")


def _check_cron(field: str, expression: str) -> None:
    parts = expression[len("cron(") : -1].split()
    if len(parts) != len(_FIELDS):
        raise ValueError(
            f"{field}={expression!r} has {len(parts)} fields. AWS wants six: "
            "minutes hours day-of-month month day-of-week year."
        )
    if (parts[2] == "?") == (parts[4] == "?"):
        raise ValueError(
            f"{field}={expression!r}: exactly one of day of month and day of week is '?'."
        )
    for part, (name, low, high, names) in zip(parts, _FIELDS, strict=True):
        if not all(_fits(item, name, low, high, names) for item in part.split(",")):
            raise ValueError(f"{field}={expression!r}: {part!r} is not valid for {name}.")


def _fits(item: str, name: str, low: int, high: int, names: tuple[str, ...]) -> bool:
    if name.startswith("day of"):
        if item == "?" or item == "L":
            return True
        if name == "day of month" and (item == "LW" or item.endswith("W")):
            return item == "LW" or _within(item[:-1], low, high, ())
        if name == "day of week" and ("#" in item or item.endswith("L")):
            day, _, count = item.partition("#")
            fifth = not count or _within(count, 1, 5, ())
            return fifth and _within(day.removesuffix("L"), low, high, names)
    base, slash, step = item.partition("/")
    if slash and not (step.isdigit() and int(step) > 0):
        return False
    if base == "*":
        return True
    return all(_within(end, low, high, names) for end in base.split("-", 1))


def _within(text: str, low: int, high: int, names: tuple[str, ...]) -> bool:
    return text.upper() in names or (text.isdigit() and low <= int(text) <= high)
