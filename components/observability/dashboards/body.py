"""The bodies of the dashboards: an overview, and one for each service.

Nothing is created here. What is drawn follows from the things and their formulas alone, in an order
that does not depend on the order in which they were given: the same input gives the same text.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pulumi

from ...alarms.formula import Formula
from ...watched import Watched
from ..service import Service
from . import lines, widgets
from .chart import INSIGHTS, SECTIONS, Chart
from .charts import CHARTS
from .layout import MOST_WIDGETS, Widget, placed, shared
from .lines import Named


def overview(
    title: str,
    services: Mapping[str, Service],
    *,
    region: pulumi.Input[str],
    deployments: Sequence[Mapping[str, str]] = (),
) -> pulumi.Output[str]:
    """The body of the dashboard of everything: what is wrong, and where to look further.

    Args:
        services: by name.
        region: of all of them.
        deployments: markers, each with ``label`` and ``at`` (ISO 8601).
    """
    ordered = [services[name] for name in sorted(services)]
    arns = [
        arn
        for one in ordered
        for arn in ([one.composite.arn] if one.composite is not None else _alarm_arns(one))
    ]
    named = [
        (_within(_title(one), thing.title or thing.name), thing)
        for one in ordered
        for thing in one.things
    ]
    sections = [
        [widgets.text(f"# {title}")],
        widgets.alarms("Services", arns),
        *_kinds(named, region, deployments, headlines=True),
        widgets.log("The last 100 log entries", _log_groups(named), region=region),
    ]
    return _json(sections)


def service_body(
    service: Service,
    *,
    region: pulumi.Input[str],
    deployments: Sequence[Mapping[str, str]] = (),
) -> pulumi.Output[str]:
    """The body of the dashboard of one service, thresholds of its alarms included."""
    arns = _alarm_arns(service)
    if service.composite is not None:
        arns = [service.composite.arn, *arns]
    kinds = Counter(thing.kind for thing in service.things)
    named = [
        # The only one of its kind needs no name.
        ("" if kinds[thing.kind] == 1 else thing.title or thing.name or _title(service), thing)
        for thing in service.things
    ]
    sections = [
        [widgets.text(f"# {_title(service)}")],
        widgets.alarms("Alarms", arns),
        *_kinds(named, region, deployments, headlines=False),
        widgets.log("The last 100 log entries", _log_groups(named), region=region),
    ]
    return _json(sections)


def _kinds(
    named: Sequence[Named],
    region: pulumi.Input[str],
    deployments: Sequence[Mapping[str, str]],
    *,
    headlines: bool,
) -> Iterable[list[Widget]]:
    """A heading and charts for each kind of thing that there is."""
    markers = _markers(deployments)
    for kind, heading in SECTIONS.items():
        things = sorted(
            ((label, thing) for label, thing in named if thing.kind == kind),
            key=lambda one: (one[0], one[1].name),
        )
        if not things:
            continue
        if kind == "business":
            drawn = _business(things, region, markers, single=headlines)
        else:
            drawn = list(_charts(kind, things, region, markers, headlines=headlines))
        if drawn:
            yield [widgets.text(f"## {heading}")]
            yield shared(drawn)


def _business(
    things: Sequence[Named],
    region: pulumi.Input[str],
    markers: list[dict[str, Any]],
    *,
    single: bool,
) -> list[Widget]:
    names = list(dict.fromkeys(name for _, thing in things for name in thing.metrics))
    return [
        widgets.metric(
            _spaced(name),
            lines.search_metrics(name, things),
            region=region,
            annotations={"vertical": markers} if markers else None,
            single=single,
        )
        for name in names
    ]


def _charts(
    kind: str,
    things: Sequence[Named],
    region: pulumi.Input[str],
    markers: list[dict[str, Any]],
    *,
    headlines: bool,
) -> Iterable[Widget]:
    known = CHARTS[kind]
    homes: list[tuple[str, Watched, Formula, Chart | None]] = [
        (label, thing, formula, lines.home(_able(known, thing), formula))
        for label, thing in things
        for formula in thing.formulas
    ]
    for chart in known:
        able = [
            (label, thing, [one[2] for one in homes if one[1] is thing and one[3] is chart])
            for label, thing in things
            if chart in _able(known, thing)
        ]
        if not able or (headlines and not chart.headline):
            continue
        rung = [] if headlines else [(one[0], one[2]) for one in homes if one[3] is chart]
        yield widgets.metric(
            chart.title,
            lines.line_metrics(chart, able),
            region=region,
            annotations=_annotations(rung, markers),
            unit=chart.unit,
            percent=chart.percent,
        )
    if not headlines:
        left = [(label, thing, formula) for label, thing, formula, chart in homes if chart is None]
        yield from _of_alarms(left, region, markers)


def _of_alarms(
    left: Sequence[tuple[str, Watched, Formula]],
    region: pulumi.Input[str],
    markers: list[dict[str, Any]],
) -> Iterable[Widget]:
    """What alarms look at and no chart shows: shares, and metrics that nobody else asks for."""
    for role in sorted({formula.role for _, _, formula in left}):
        ringing = [one for one in left if one[2].role == role]
        metrics: list[list[Any]] = []
        for number, (label, thing, formula) in enumerate(ringing):
            if formula.expression is not None:
                metrics += lines.expression_metrics(number, label, thing, formula)
            else:
                chart = lines.chart_of(formula)
                metrics += lines.line_metrics(chart, [(label, thing, [formula])])
        yield widgets.metric(
            f"Alarm: {role}",
            metrics,
            region=region,
            annotations=_annotations([(label, item) for label, _, item in ringing], markers),
        )


def _able(known: Sequence[Chart], thing: Watched) -> list[Chart]:
    """The charts whose metrics exist for the thing."""
    level = INSIGHTS.index(thing.insights or "off")
    return [chart for chart in known if INSIGHTS.index(chart.insights) <= level]


def _annotations(
    found: Sequence[tuple[str, Formula]], markers: list[dict[str, Any]]
) -> dict[str, Any]:
    horizontal = lines.thresholds(found)
    both = {"horizontal": horizontal, "vertical": markers}
    return {key: value for key, value in both.items() if value}


def _markers(deployments: Sequence[Mapping[str, str]]) -> list[dict[str, Any]]:
    ordered = sorted(deployments, key=lambda one: (one["at"], one["label"]))
    return [{"label": one["label"], "value": one["at"]} for one in ordered]


def _alarm_arns(service: Service) -> list[pulumi.Input[str]]:
    return [service.alarms[key].arn for key in sorted(service.alarms)]


def _log_groups(named: Sequence[Named]) -> list[pulumi.Input[str]]:
    ordered = sorted(named, key=lambda one: (one[0], one[1].name))
    return [thing.log_group_name for _, thing in ordered if thing.log_group_name is not None]


def _title(service: Service) -> str:
    return service.title or service.name


def _within(service: str, thing: str) -> str:
    """What a thing is called beside those of other services."""
    return service if thing.lower() in ("", service.lower()) else f"{service} {thing}"


def _spaced(name: str) -> str:
    """``OrdersPlaced`` as a person writes it."""
    words = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name)
    return words.strip().capitalize()


def _json(sections: Sequence[Sequence[Widget]]) -> pulumi.Output[str]:
    found = placed(sections)[:MOST_WIDGETS]
    return pulumi.Output.json_dumps({"widgets": found}, sort_keys=True, separators=(",", ":"))
