"""Checks what the caller wrote and computes every alarm, before a resource exists."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import pulumi

from ..alarms import (
    AlarmOverride,
    Formula,
    given_overrides,
    overridden,
    refuse_unknown,
)
from ..alarms.logs import logged_errors_formula
from ..checks import one_of
from ..errors import check_keys, invalid
from ..watched import Watched
from . import known, recipients, things
from .args import Chat, DeploymentMark, ObservabilityArgs

KIND = "Observability"
SAMPLING_PERCENT = 5.0
"""X-Ray's own default rate (X-Ray developer guide, "Configuring sampling rules")."""
MOST_ALARMS = 100
"""Of one composite alarm (CloudWatch API reference, PutCompositeAlarm)."""
OVERVIEW = "overview"
"""The dashboard of everything; no service may be called so."""
TRACED_ENTRIES = ("rest_api", "workflow")
"""What asks X-Ray's rules whether to trace; Lambda has a rate of its own that nobody can set
(Lambda developer guide, "Visualize Lambda function invocations using AWS X-Ray")."""

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]*(-[A-Za-z0-9]+)*")


@dataclass(frozen=True)
class Group:
    """What becomes a service once its alarms are made."""

    name: str
    things: Sequence[Watched]
    """With their final formulas."""
    own: Mapping[str, Sequence[Formula]] = field(default_factory=dict)
    """What Observability makes, by the name of the thing."""


@dataclass(frozen=True)
class Settings:
    """An Observability's arguments, checked, in Python's types."""

    name: str
    groups: Sequence[Group]
    emails: Sequence[str]
    https: Sequence[pulumi.Input[str]]
    chat: Chat | None
    deployments: Sequence[DeploymentMark]
    sampling_percent: float
    tags: Mapping[str, pulumi.Input[str]]


def resolve(name: str, args: ObservabilityArgs) -> Settings:
    """Check every argument of the component ``name``.

    Raises:
        ValueError: naming component, field, given value, what is allowed, and the next step.
    """
    who = f"{KIND} '{name}'"
    check_keys(who, args, ObservabilityArgs)
    given: Mapping[str, Any] = {key: value for key, value in args.items() if value is not None}
    if not _NAME.fullmatch(name):
        raise invalid(who, "name", name, "letters, digits and single hyphens, a letter first")
    level = given.get("container_insights")
    if level is not None:
        one_of(who, "container_insights", level, things.INSIGHTS)
    groups = [
        Group(service, [_insights(who, service, thing, level) for thing in found])
        for service, found in _everything(who, given).items()
    ]
    groups = [_with_logs(name, group) for group in groups]
    groups = _with_overrides(who, groups, given_overrides(given.get("overrides")))
    sampling = given.get("sampling_percent")
    if sampling is not None:
        _check_sampling(who, sampling, groups)
    return Settings(
        name=name,
        groups=groups,
        emails=[
            recipients.email(who, index, one) for index, one in enumerate(given.get("emails", []))
        ],
        https=[
            recipients.https(who, index, one) for index, one in enumerate(given.get("https", []))
        ],
        chat=recipients.chat(who, given.get("chat")),
        deployments=[
            _deployment(who, index, one) for index, one in enumerate(given.get("deployments", []))
        ],
        sampling_percent=SAMPLING_PERCENT if sampling is None else float(sampling),
        tags=given.get("tags", {}),
    )


def _everything(who: str, given: Mapping[str, Any]) -> dict[str, Sequence[Watched]]:
    """The things of each service, by its name."""
    found: dict[str, Sequence[Watched]] = {}
    for service, component in given.get("components", {}).items():
        found[service] = known.watched(who, service, component)
    for service, (argument, described) in things.described(who, given).items():
        if service in found:
            text = "names that are used once; components has it as well"
            raise invalid(who, argument, service, text, "Rename one of the two.")
        found[service] = described
    if not found:
        raise ValueError(f"{who}: there is nothing to watch. Give components, or another argument.")
    for service, made in found.items():
        if not _NAME.fullmatch(service) or service == OVERVIEW:
            text = "letters, digits and single hyphens, a letter first, and not 'overview'"
            raise invalid(who, "components", service, text, "It begins the names of alarms.")
        keys = [thing.key(item.role) for thing in made for item in thing.formulas]
        if twice := sorted({key for key in keys if keys.count(key) > 1}):
            raise invalid(who, service, twice, "alarms that are there once")
    return found


def _insights(who: str, service: str, thing: Watched, level: str | None) -> Watched:
    """The thing with what dashboards may draw of it."""
    if thing.kind not in ("service", "cluster"):
        return thing
    has = thing.insights
    if level is None:
        return replace(thing, insights=has or "off")
    if has is not None and things.INSIGHTS.index(level) > things.INSIGHTS.index(has):
        raise invalid(
            who,
            "container_insights",
            level,
            f"at most {has!r}, as {service!r} has it: the metrics of more do not exist",
            f"Set container_insights={level!r} of {service!r} first, or leave it out here.",
        )
    return replace(thing, insights=level)


def _with_logs(name: str, group: Group) -> Group:
    """An alarm more for each log group in which errors can be counted."""
    here = f"{pulumi.get_project()}/{pulumi.get_stack()}/{name}/{group.name}"
    return replace(
        group,
        things=[
            replace(
                thing,
                formulas=[
                    *thing.formulas,
                    logged_errors_formula(f"{here}/{thing.name}".strip("/")),
                ],
            )
            if counts_errors(thing)
            else thing
            for thing in group.things
        ],
    )


def counts_errors(thing: Watched) -> bool:
    """Whether a metric filter can count errors in its log."""
    return thing.json_logs and thing.log_group_name is not None


def _with_overrides(
    who: str, groups: Sequence[Group], overrides: Mapping[str, AlarmOverride]
) -> list[Group]:
    all_keys = [
        f"{group.name}/{thing.key(item.role)}"
        for group in groups
        for thing in group.things
        for item in thing.formulas
    ]
    refuse_unknown(who, "overrides", overrides, all_keys)
    result = []
    for group in groups:
        final, own = [], {}
        for thing in group.things:
            prefix = f"{group.name}/{thing.key('')}"
            for role in thing.made:
                if (key := f"{prefix}{role}") in overrides:
                    inner = thing.key(role)
                    raise invalid(
                        who,
                        "overrides",
                        key,
                        "alarms that Observability makes",
                        f"This one is made by the component itself: give {group.name!r} "
                        f"alarm_overrides={{{inner!r}: {dict(overrides[key])!r}}}.",
                    )
            formulas = overridden(who, "overrides", thing.formulas, overrides, prefix=prefix)
            final.append(replace(thing, formulas=formulas))
            own[thing.name] = [item for item in formulas if item.role not in thing.made]
        count = sum(len(thing.formulas) for thing in final)
        if count > MOST_ALARMS:
            raise invalid(
                who,
                group.name,
                f"{count} alarms",
                f"{MOST_ALARMS} at most, which is what a composite alarm takes",
                "Watch its parts under names of their own, or switch some off: "
                "overrides={'…': {'enabled': False}}.",
            )
        result.append(Group(group.name, final, own))
    _check_names(who, result)
    return result


def _check_names(who: str, groups: Sequence[Group]) -> None:
    """Refuse two alarms of one name: ``a-b`` and ``b`` of ``a`` have the same."""
    seen: dict[str, str] = {}
    for group in groups:
        for thing, formulas in group.own.items():
            for item in formulas:
                parts = [part for part in (group.name, thing, item.role) if part]
                key, name = "/".join(parts), "-".join(parts)
                if name in seen:
                    raise invalid(
                        who,
                        "components",
                        key,
                        f"names that differ; the alarm of {seen[name]!r} has this one as well",
                        f"Watch {group.name!r} under another name.",
                    )
                seen[name] = key


def _check_sampling(who: str, given: object, groups: Sequence[Group]) -> None:
    number = isinstance(given, int | float) and not isinstance(given, bool)
    if not number or not 0 <= given <= 100:  # type: ignore[operator]  # `number` has just said so
        raise invalid(who, "sampling_percent", given, "0 to 100")
    if not traced_entries(groups):
        raise invalid(
            who,
            "sampling_percent",
            given,
            "none, since neither a REST API nor a state machine is traced",
            "Set tracing=True of the component, or leave it out.",
        )


def traced_entries(groups: Sequence[Group]) -> list[tuple[Group, Watched]]:
    """What a sampling rule has an effect on."""
    return [
        (group, thing)
        for group in groups
        for thing in group.things
        if thing.traced and thing.kind in TRACED_ENTRIES
    ]


def _deployment(who: str, index: int, given: Mapping[str, Any]) -> DeploymentMark:
    at = given["at"]
    try:
        zoned = isinstance(at, str) and datetime.fromisoformat(at).tzinfo is not None
    except ValueError:
        zoned = False
    if not zoned:
        text = "a time with its zone, such as '2026-11-21T10:00:00Z'"
        raise invalid(who, f"deployments[{index}].at", at, text)
    return DeploymentMark(label=str(given["label"]), at=at)
