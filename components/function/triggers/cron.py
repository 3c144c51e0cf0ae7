"""Cron expressions as EventBridge Scheduler reads them: what they may say, and when they fire.

A five-field Unix cron is understood and translated. Times are those on the clock of the
schedule's zone; what a change to summer time skips or repeats is left out.

Source of fields and wildcards: EventBridge Scheduler user guide, "Schedule types". Where the
guide is silent (a range that wraps, steps between days of the week) the expression is
refused, since a list says the same.
"""

import calendar
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise

from ...errors import nearest

HORIZON = timedelta(days=8 * 366)
"""How far fire times are looked at: 29 February comes at least once in eight years."""
FIELDS = "minutes hours day-of-month month day-of-week year"


class Problem(Exception):  # noqa: N818 - not an error yet: the caller names component and field
    """Why an expression is refused: what is allowed, and the next step."""

    def __init__(self, allowed: str, hint: str) -> None:
        super().__init__(allowed, hint)
        self.allowed, self.hint = allowed, hint


@dataclass(frozen=True)
class _Field:
    name: str
    low: int
    high: int
    names: Sequence[str] = ()
    """Words for the numbers from ``low`` on."""
    wildcards: str = ", - * /"

    def problem(self, hint: str) -> Problem:
        named = f" or {self.names[0]} to {self.names[-1]}" if self.names else ""
        return Problem(f"{self.name} {self.low} to {self.high}{named}, with {self.wildcards}", hint)


_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_MINUTE = _Field("minutes", 0, 59)
_HOUR = _Field("hours", 0, 23)
_MONTH = _Field("months", 1, 12, _MONTHS)
_YEAR = _Field("years", 1970, 2199)
_MONTH_DAY = _Field("days of the month", 1, 31, wildcards=", - * ? / L W")
_WEEK_DAY = _Field("days of the week", 1, 7, _DAYS, ", - * ? L #")
_UNIX_WEEK_DAY = _Field("days of the week", 0, 7, _DAYS)


@dataclass(frozen=True)
class _Day:
    """Days of a month: ``day`` 15, ``last``, ``near`` 15 (the weekday closest to it),
    ``weekday`` 2 (every Monday), ``last-weekday`` 6 (the last Friday), ``nth`` 3 of 2."""

    kind: str
    value: int = 0
    nth: int = 0

    def of(self, year: int, month: int) -> list[int]:
        first, length = calendar.monthrange(year, month)
        if self.kind == "last":
            return [length]
        if self.kind == "day":
            return [self.value] if self.value <= length else []
        if self.kind == "near":
            return [_nearest_working_day(year, month, self.value)] if self.value <= length else []
        # monthrange counts from Monday as 0, AWS from Sunday as 1.
        same = list(range((self.value - 2 - first) % 7 + 1, length + 1, 7))
        if self.kind == "last-weekday":
            return same[-1:]
        return same[self.nth - 1 : self.nth] if self.kind == "nth" else same


@dataclass(frozen=True)
class Cron:
    """A checked expression."""

    text: str
    """The six fields as AWS takes them."""
    minutes: Sequence[int]
    hours: Sequence[int]
    days: Sequence[_Day]
    months: Sequence[int]
    years: Sequence[int]

    def dates(self, start: date = date.min) -> Iterator[date]:
        """The days on which it fires, from ``start`` on."""
        for year in self.years:
            for month in self.months:
                if (year, month) < (start.year, start.month):
                    continue
                found = {day for rule in self.days for day in rule.of(year, month)}
                for day in sorted(found):
                    if (when := date(year, month, day)) >= start:
                        yield when

    def on(self, day: date) -> list[datetime]:
        """When it fires on a day that ``dates`` names."""
        return [
            datetime.combine(day, time(hour, minute))
            for hour in self.hours
            for minute in self.minutes
        ]

    def next_times(self, after: datetime) -> Iterator[datetime]:
        """When it fires after a moment, in order; both without a zone."""
        return (when for day in self.dates(after.date()) for when in self.on(day) if when > after)

    def smallest_interval(self) -> timedelta | None:
        """The shortest time between two runs in the first ``HORIZON``; None for a single run."""
        first = next(self.dates())
        days = [first]
        for day in self.dates(first + timedelta(days=1)):
            if day - first > HORIZON:
                break
            days.append(day)
        # Each day has the same times, so the two closest days hold the closest runs.
        closest = min(pairwise(days), key=lambda pair: pair[1] - pair[0], default=(first,))
        runs = [when for day in closest for when in self.on(day)]
        return min((after - before for before, after in pairwise(runs)), default=None)


def parse(body: str) -> Cron:
    """What stands between the parentheses of ``cron(...)``.

    Raises:
        Problem: AWS would not take it, or it never fires.
    """
    fields = body.upper().split()
    if len(fields) == 5:
        fields = _from_unix(fields)
    if len(fields) != 6:
        raise Problem(
            f"six fields: {FIELDS}",
            "Leave the seconds out." if len(fields) == 7 else f"It has {len(fields)}.",
        )
    minutes, hours, month_days, months, week_days, years = fields
    _one_day_field(fields)
    days = _month_days(month_days) if week_days == "?" else _week_days(week_days)
    cron = Cron(
        " ".join(fields),
        _numbers(_MINUTE, minutes),
        _numbers(_HOUR, hours),
        days,
        _numbers(_MONTH, months),
        _numbers(_YEAR, years),
    )
    if next(cron.dates(), None) is None:
        raise Problem("dates that exist", "No such day comes in these months and years.")
    return cron


def _one_day_field(fields: Sequence[str]) -> None:
    month_days, week_days = fields[2], fields[4]
    if (month_days == "?") != (week_days == "?"):
        return
    allowed = "'?' in one of day-of-month and day-of-week, and only in one"
    if "*" not in (month_days, week_days) and month_days != "?":
        raise Problem(allowed, "Make two schedules, one for each.")
    fixed = list(fields)
    fixed[2 if week_days != "*" and month_days == "*" else 4] = "?"
    if month_days == "?":
        fixed[2] = "*"
    raise Problem(allowed, f"Did you mean 'cron({' '.join(fixed)})'?")


def _from_unix(fields: Sequence[str]) -> list[str]:
    """The six fields that mean what five fields mean to Unix."""
    minutes, hours, month_days, months, week_days = fields
    if re.search(r"[?LW#]", re.sub("|".join(_DAYS), "", f"{month_days} {week_days}")):
        # These signs are not Unix's, so the numbers of the weekdays are not either.
        raise Problem(f"six fields: {FIELDS}", f"Did you mean 'cron({' '.join(fields)} *)'?")
    if "*" not in (month_days, week_days):
        raise Problem(
            "day-of-month or day-of-week, not both",
            "Unix runs it when either matches, AWS cannot: make two schedules, one for each.",
        )
    if week_days == "*":
        return [minutes, hours, month_days, months, "?", "*"]
    # 0 and 7 are Sunday to Unix, 1 is Sunday to AWS.
    shifted = sorted({number % 7 + 1 for number in _numbers(_UNIX_WEEK_DAY, week_days)})
    return [minutes, hours, "?", months, _ranges(shifted), "*"]


def _ranges(numbers: Sequence[int]) -> str:
    """``1,3-5`` for 1, 3, 4, 5."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and runs[-1][-1] == number - 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ",".join(f"{run[0]}-{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs)


def _month_days(text: str) -> list[_Day]:
    days: list[_Day] = []
    for item in text.split(","):
        if item == "L":
            days.append(_Day("last"))
        elif item.endswith("W"):
            days.append(_Day("near", _number(_MONTH_DAY, item[:-1])))
        else:
            days += [_Day("day", number) for number in _numbers(_MONTH_DAY, item)]
    return days


def _week_days(text: str) -> list[_Day]:
    if "/" in text:
        raise _WEEK_DAY.problem("List the days, as in MON,WED,FRI.")
    if "#" in text and "," in text:
        raise _WEEK_DAY.problem("With # there may be one day only: make two schedules.")
    days: list[_Day] = []
    for item in text.split(","):
        day, sign, nth = item.partition("#")
        if sign:
            if nth not in ("1", "2", "3", "4", "5"):
                raise _WEEK_DAY.problem(
                    f"After # stands which one of the month, 1 to 5, not {nth!r}."
                )
            days.append(_Day("nth", _number(_WEEK_DAY, day), int(nth)))
        elif item == "L":
            days.append(_Day("weekday", 7))
        elif item.endswith("L"):
            days.append(_Day("last-weekday", _number(_WEEK_DAY, item[:-1])))
        else:
            days += [_Day("weekday", number) for number in _numbers(_WEEK_DAY, item)]
    return days


def _numbers(field: _Field, text: str) -> list[int]:
    """Every number that a list of values, ranges and steps names, sorted."""
    found: set[int] = set()
    for item in text.split(","):
        span, slash, step = item.partition("/")
        if slash and (not step.isdecimal() or int(step) == 0):
            raise field.problem(f"In {item!r} the step must be a whole number, 1 or more.")
        first, dash, last = span.partition("-")
        if span == "*":
            low, high = field.low, field.high
        elif first and last and dash:
            low, high = _number(field, first), _number(field, last)
        else:
            low = _number(field, span)
            high = field.high if slash else low
        if low > high:
            raise field.problem(
                f"The range {span!r} runs backwards: write {first}-{field.high},{field.low}-{last}."
            )
        found.update(range(low, high + 1, int(step or 1)))
    return sorted(found)


def _number(field: _Field, text: str) -> int:
    if text in field.names:
        return field.low + field.names.index(text)
    if text.isdecimal() and field.low <= int(text) <= field.high:
        return int(text)
    close = text[:3] if text[:3] in field.names else nearest(text, field.names)
    raise field.problem(f"Did you mean {close!r}, not {text!r}?" if close else f"{text!r} is none.")


def _nearest_working_day(year: int, month: int, day: int) -> int:
    """Quartz's W: the closest Monday to Friday that is in the same month."""
    weekday, length = date(year, month, day).weekday(), calendar.monthrange(year, month)[1]
    if weekday == 5:
        return day - 1 if day > 1 else day + 2
    if weekday == 6:
        return day + 1 if day < length else day - 2
    return day
