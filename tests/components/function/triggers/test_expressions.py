"""Schedule expressions: what is taken, what is translated, what is refused and in which words."""

from datetime import date, datetime, timedelta
from itertools import islice, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.function.triggers import cron
from components.function.triggers.expressions import Expression, parse


def parsed(text: object) -> Expression:
    return parse("Clock 'c'", "expression", text)


def moment(text: str) -> datetime:
    """A time on the schedule's own clock, hence without a zone."""
    return datetime.fromisoformat(text)


def refusal(text: object) -> str:
    with pytest.raises(ValueError, match="Clock 'c': expression=") as caught:
        parsed(text)
    return str(caught.value).removeprefix(f"Clock 'c': expression={text!r} is not valid. ")


@pytest.mark.parametrize(
    ("text", "interval"),
    [
        ("rate(1 minute)", timedelta(minutes=1)),
        ("rate(5 minutes)", timedelta(minutes=5)),
        ("rate(1 hour)", timedelta(hours=1)),
        ("rate(7 days)", timedelta(days=7)),
        ("cron(* * * * ? *)", timedelta(minutes=1)),
        ("cron(0/15 8-17 ? * MON-FRI *)", timedelta(minutes=15)),
        ("cron(58,0 * * * ? *)", timedelta(minutes=2)),
        ("cron(0 2 * * ? *)", timedelta(days=1)),
        ("cron(0 0,23 * * ? *)", timedelta(hours=1)),
        ("cron(0 8 ? * 2 *)", timedelta(days=7)),
        ("cron(0 8 L * ? *)", timedelta(days=28)),
        ("cron(0 8 1 * ? *)", timedelta(days=28)),
        ("cron(0 8 29 2 ? *)", timedelta(days=4 * 365 + 1)),
        ("cron(0 8 1 1 ? 2030)", None),
        ("cron(0,1 8 1 1 ? 2030)", timedelta(minutes=1)),
        ("at(2030-01-31T08:00:00)", None),
    ],
)
def test_the_shortest_time_between_two_runs_is_known(text: str, interval: timedelta | None) -> None:
    assert parsed(text) == Expression(text, interval, one_time=text.startswith("at"))


@pytest.mark.parametrize(
    ("unix", "aws"),
    [
        ("0 2 * * *", "0 2 * * ? *"),
        ("*/5 * * * *", "*/5 * * * ? *"),
        ("30 9 * * 1-5", "30 9 ? * 2-6 *"),
        ("0 2 * * 0", "0 2 ? * 1 *"),
        ("0 2 * * 7", "0 2 ? * 1 *"),
        ("0 2 * * 5-7", "0 2 ? * 1,6-7 *"),
        ("0 2 * * sun,3", "0 2 ? * 1,4 *"),
        ("0 2 * jan-mar mon", "0 2 ? JAN-MAR 2 *"),
        ("0 0 1,15 * *", "0 0 1,15 * ? *"),
        ("0 0 * * */2", "0 0 ? * 1,3,5,7 *"),
    ],
)
def test_five_fields_mean_what_they_mean_to_unix(unix: str, aws: str) -> None:
    assert parsed(f"cron({unix})").text == f"cron({aws})"


RATE = "Allowed: rate(value unit): a whole number, 1 or more, and minutes, hours or days. "
SIX = "Allowed: six fields: minutes hours day-of-month month day-of-week year. "
FORMS = "Allowed: rate(5 minutes), cron(0 2 * * ? *) or at(2030-01-31T08:00:00)."
WEEK = "Allowed: days of the week 1 to 7 or SUN to SAT, with , - * ? L #. "
ONE_DAY = "Allowed: '?' in one of day-of-month and day-of-week, and only in one. "


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("rate(1 minutes)", RATE + "Did you mean 'rate(1 minute)'?"),
        ("rate(5 minute)", RATE + "Did you mean 'rate(5 minutes)'?"),
        ("rate(5minutes)", RATE + "Did you mean 'rate(5 minutes)'?"),
        ("rate(5 MINUTES)", RATE + "Did you mean 'rate(5 minutes)'?"),
        ("rate(5 mintues)", RATE + "Did you mean 'rate(5 minutes)'?"),
        ("rate(1 houres)", RATE + "Did you mean 'rate(1 hour)'?"),
        ("rate(0 minutes)", RATE + "'0' is not such a number."),
        ("rate(-1 minutes)", RATE + "'-1' is not such a number."),
        ("rate(1.5 hours)", RATE + "'1.5' is not such a number."),
        ("rate(minutes)", RATE + "The number is missing."),
        ("rate(5)", RATE + "Did you mean 'rate(5 minutes)'?"),
        ("rate(30 seconds)", RATE + "The shortest is 'rate(1 minute)'."),
        ("rate(2 weeks)", RATE + "Did you mean 'rate(14 days)'?"),
        ("rate(1 month)", RATE + "For dates use cron, as in 'cron(0 0 1 * ? *)'."),
        ("rate(5 parsecs)", RATE + "'parsecs' is no unit."),
        ("rtae(5 minutes)", FORMS + " Did you mean 'rate(5 minutes)'?"),
        ("Rate(5 minutes)", FORMS + " Did you mean 'rate(5 minutes)'?"),
        ("corn(0 2 * * ? *)", FORMS + " Did you mean 'cron(0 2 * * ? *)'?"),
        ("0 2 * * *", FORMS + " Did you mean 'cron(0 2 * * *)'?"),
        ("0 2 ? * 2-6 *", FORMS + " Did you mean 'cron(0 2 ? * 2-6 *)'?"),
        ("every morning", FORMS),
        ("", FORMS),
        (5, FORMS),
        ("cron(0 2 * *)", SIX + "It has 4."),
        ("cron()", SIX + "It has 0."),
        ("cron(0 0 2 * * ? *)", SIX + "Leave the seconds out."),
        ("cron(0 2 ? * 2-6)", SIX + "Did you mean 'cron(0 2 ? * 2-6 *)'?"),
        ("cron(0 2 L * *)", SIX + "Did you mean 'cron(0 2 L * * *)'?"),
        (
            "cron(0 2 1 * 1)",
            "Allowed: day-of-month or day-of-week, not both. Unix runs it when either matches, "
            "AWS cannot: make two schedules, one for each.",
        ),
        ("cron(0 2 * * * *)", ONE_DAY + "Did you mean 'cron(0 2 * * ? *)'?"),
        ("cron(0 2 * * 2-6 *)", ONE_DAY + "Did you mean 'cron(0 2 ? * 2-6 *)'?"),
        ("cron(0 2 15 * * *)", ONE_DAY + "Did you mean 'cron(0 2 15 * ? *)'?"),
        ("cron(0 2 ? * ? *)", ONE_DAY + "Did you mean 'cron(0 2 * * ? *)'?"),
        ("cron(0 2 15 * 2 *)", ONE_DAY + "Make two schedules, one for each."),
        ("cron(60 2 * * ? *)", "Allowed: minutes 0 to 59, with , - * /. '60' is none."),
        ("cron(0 25 * * ? *)", "Allowed: hours 0 to 23, with , - * /. '25' is none."),
        ("cron(-1 2 * * ? *)", "Allowed: minutes 0 to 59, with , - * /. '-1' is none."),
        (
            "cron(0 2 LW * ? *)",
            "Allowed: days of the month 1 to 31, with , - * ? / L W. 'L' is none.",
        ),
        (
            "cron(0 2 32 * ? *)",
            "Allowed: days of the month 1 to 31, with , - * ? / L W. '32' is none.",
        ),
        (
            "cron(0 2 1 JUNE ? *)",
            "Allowed: months 1 to 12 or JAN to DEC, with , - * /. Did you mean 'JUN', not 'JUNE'?",
        ),
        ("cron(0 2 ? * MONDAY *)", WEEK + "Did you mean 'MON', not 'MONDAY'?"),
        ("cron(0 2 ? * TEU *)", WEEK + "Did you mean 'TUE', not 'TEU'?"),
        ("cron(0 2 ? * 0 *)", WEEK + "'0' is none."),
        ("cron(0 2 ? * 2/2 *)", WEEK + "List the days, as in MON,WED,FRI."),
        ("cron(0 2 ? * 2#6 *)", WEEK + "After # stands which one of the month, 1 to 5, not '6'."),
        (
            "cron(0 2 ? * 2#1,3#2 *)",
            WEEK + "With # there may be one day only: make two schedules.",
        ),
        (
            "cron(0 22-2 * * ? *)",
            "Allowed: hours 0 to 23, with , - * /. The range '22-2' runs backwards: write "
            "22-23,0-2.",
        ),
        (
            "cron(0/0 2 * * ? *)",
            "Allowed: minutes 0 to 59, with , - * /. In '0/0' the step must be a whole number, "
            "1 or more.",
        ),
        ("cron(0 2 1 1 ? 1969)", "Allowed: years 1970 to 2199, with , - * /. '1969' is none."),
        (
            "cron(0 2 30 2 ? *)",
            "Allowed: dates that exist. No such day comes in these months and years.",
        ),
        (
            "cron(0 2 29 2 ? 2030)",
            "Allowed: dates that exist. No such day comes in these months and years.",
        ),
        (
            "at(2030-02-30T08:00:00)",
            "Allowed: at(yyyy-mm-ddThh:mm:ss), a time that exists. Write it like "
            "'at(2030-01-31T08:00:00)'.",
        ),
        (
            "at(2030-01-31 08:00)",
            "Allowed: at(yyyy-mm-ddThh:mm:ss), a time that exists. Did you mean "
            "'at(2030-01-31T08:00:00)'?",
        ),
        (
            "at(2030-01-31T08:00:00Z)",
            "Allowed: at(yyyy-mm-ddThh:mm:ss), a time that exists. Did you mean "
            "'at(2030-01-31T08:00:00)'? The zone stands in 'timezone'.",
        ),
    ],
)
def test_what_the_scheduler_would_refuse_is_answered_with_what_was_meant(
    text: object, words: str
) -> None:
    assert refusal(text) == words


@pytest.mark.parametrize(
    ("body", "days"),
    [
        ("0 0 L 2 ? 2028", [29]),
        ("0 0 15W 1-3 ? 2028", [14, 15, 15]),  # a Saturday, a Tuesday, a Wednesday
        ("0 0 1W 1,10 ? 2028", [3, 2]),  # a Saturday and a Sunday that begin a month
        ("0 0 30W 4,9 ? 2028", [28, 29]),  # a Sunday and a Saturday that end one
        ("0 0 31W 2,3 ? 2028", [31]),
        ("0 0 ? 1 6L 2028", [28]),
        ("0 0 ? 1 FRIL 2028", [28]),
        ("0 0 ? 1 L 2028", [1, 8, 15, 22, 29]),
        ("0 0 ? 1 3#2 2028", [11]),
        ("0 0 ? 1,2 TUE#5 2028", [29]),
        ("0 0 ? 1 SUN,MON 2028", [2, 3, 9, 10, 16, 17, 23, 24, 30, 31]),
        ("0 0 1/10 1 ? 2028", [1, 11, 21, 31]),
        ("0 0 1-10/4 1 ? 2028", [1, 5, 9]),
    ],
)
def test_special_days_are_the_days_that_they_are(body: str, days: list[int]) -> None:
    assert [day.day for day in cron.parse(body).dates()] == days


def test_the_next_runs_come_after_the_moment_and_not_at_it() -> None:
    every = cron.parse("0/30 8 ? * 2 *")
    assert list(islice(every.next_times(moment("2026-01-05T08:00")), 3)) == [
        moment("2026-01-05T08:30"),
        moment("2026-01-12T08:00"),
        moment("2026-01-12T08:30"),
    ]


def _numbers(low: int, high: int) -> st.SearchStrategy[str]:
    one = st.integers(low, high)
    span = st.tuples(one, one).map(lambda pair: f"{min(pair)}-{max(pair)}")
    step = st.tuples(one, st.integers(1, 40)).map(lambda pair: f"{pair[0]}/{pair[1]}")
    item = st.one_of(one.map(str), span, step)
    return st.one_of(st.just("*"), st.lists(item, min_size=1, max_size=3).map(",".join))


_MONTH_DAYS = st.one_of(_numbers(1, 28), st.just("L"), st.integers(1, 28).map("{}W".format))
_WEEK_DAYS = st.one_of(
    st.lists(st.sampled_from(["SUN", "MON", "3", "4-6", "SAT"]), min_size=1).map(",".join),
    st.integers(1, 7).map("{}L".format),
    st.tuples(st.integers(1, 7), st.integers(1, 4)).map(lambda pair: f"{pair[0]}#{pair[1]}"),
)
_DAYS = st.one_of(
    _MONTH_DAYS.map(lambda text: (text, "?")), _WEEK_DAYS.map(lambda text: ("?", text))
)
_BODIES = st.tuples(_numbers(0, 59), _numbers(0, 23), _DAYS, _numbers(1, 12)).map(
    lambda parts: f"{parts[0]} {parts[1]} {parts[2][0]} {parts[3]} {parts[2][1]} *"
)


@settings(max_examples=30, deadline=None)  # other programs share the cores
@given(_BODIES, st.datetimes(moment("1990-01-01"), moment("2100-01-01")))
def test_runs_come_in_order_at_minutes_and_days_that_the_expression_names(
    body: str, after: datetime
) -> None:
    schedule = cron.parse(body)
    runs = list(islice(schedule.next_times(after), 100))
    assert runs[0] > after
    for earlier, later in pairwise(runs):
        assert earlier < later
    for run in runs:
        assert (run.second, run.microsecond) == (0, 0)
        assert run.minute in schedule.minutes
        assert run.hour in schedule.hours
        assert run.month in schedule.months
        assert run.date() == next(schedule.dates(run.date()))
    again = list(islice(schedule.next_times(runs[49]), 50))
    assert again == runs[50:]


@settings(max_examples=30, deadline=None)  # other programs share the cores
@given(_BODIES)
def test_no_two_runs_are_closer_than_the_smallest_interval_and_some_are_as_close(
    body: str,
) -> None:
    schedule = cron.parse(body)
    smallest = schedule.smallest_interval()
    assert smallest is not None
    runs = list(islice(schedule.next_times(moment("1970-01-01")), 3000))
    days = list(islice(schedule.dates(), 500))
    closest = min(pairwise(days), key=lambda pair: pair[1] - pair[0])
    runs_of_both = [when for day in closest for when in schedule.on(day)]
    gaps = [later - earlier for earlier, later in pairwise(runs)]
    assert min(gaps) >= smallest
    assert smallest in [later - earlier for earlier, later in pairwise(runs_of_both)]


@settings(max_examples=30, deadline=None)  # other programs share the cores
@given(st.integers(0, 7), st.dates(date(2000, 1, 1), date(2100, 1, 1)))
def test_a_weekday_of_unix_is_the_same_day_at_aws(number: int, start: date) -> None:
    day = next(cron.parse(f"0 0 * * {number}").dates(start))
    assert day.isoweekday() % 7 == number % 7
