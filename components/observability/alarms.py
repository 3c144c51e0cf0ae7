"""The alarms that components did not make themselves, and one composite alarm a service.

Only composite alarms tell anybody: one incident, one message, however many alarms ring.
"""

from collections.abc import Mapping, Sequence

import pulumi
import pulumi_aws as aws

from ..alarms import make_alarms
from ..errors import invalid
from .service import Service
from .settings import KIND, Group

LONGEST_RULE = 10_240
"""Characters of a composite alarm's rule (CloudWatch API reference, PutCompositeAlarm)."""


def make_service(
    name: str,
    group: Group,
    *,
    topic_arn: pulumi.Input[str],
    dashboard_url: pulumi.Input[str],
    tags: Mapping[str, pulumi.Input[str]],
    opts: pulumi.ResourceOptions,
) -> Service:
    """The service with all its alarms.

    Args:
        name: of the component.
        topic_arn: told when the service is in alarm, and when that is over.
        dashboard_url: where whoever is told looks first.
    """
    alarms: dict[str, aws.cloudwatch.MetricAlarm] = {}
    for thing in group.things:
        made = make_alarms(
            prefix(name, group.name, thing.name),
            group.own.get(thing.name, []),
            thing.dimensions,
            None,
            tags,
            opts,
        )
        for item in thing.formulas:
            one = made.get(item.role) or thing.made[item.role]
            alarms[thing.key(item.role)] = one
    composite = None
    if alarms:
        who = f"{KIND} '{name}'"
        composite = aws.cloudwatch.CompositeAlarm(
            f"{name}-{group.name}",
            alarm_name=physical(name, group.name),
            alarm_description=pulumi.Output.concat(
                f"An alarm of {group.name} rings: look at ", dashboard_url
            ),
            alarm_rule=_rule(who, group.name, list(alarms.values())),
            alarm_actions=[topic_arn],
            ok_actions=[topic_arn],
            tags=tags,
            opts=opts,
        )
    return Service(name=group.name, things=group.things, alarms=alarms, composite=composite)


def prefix(name: str, service: str, thing: str) -> str:
    """What the names of the alarms of one thing begin with."""
    return "-".join(part for part in (name, service, thing) if part)


def physical(name: str, service: str = "") -> str:
    """A name in AWS where Pulumi makes none up: other stacks have the same component."""
    return prefix(f"{name}-{pulumi.get_stack()}", service, "").replace(".", "-")


def _rule(
    who: str, service: str, alarms: "Sequence[aws.cloudwatch.MetricAlarm]"
) -> pulumi.Output[str]:
    def written(names: Sequence[str]) -> str:
        rule = " OR ".join(f'ALARM("{name}")' for name in sorted(names))
        if len(rule) > LONGEST_RULE:
            raise invalid(
                who,
                service,
                f"{len(names)} alarms whose rule has {len(rule)} characters",
                f"{LONGEST_RULE} at most, which is what a composite alarm takes",
                "Watch its parts under names of their own.",
            )
        return rule

    # The names are known after the first update only, and differ from these by what Pulumi adds.
    written([f"{alarm._name}-0000000" for alarm in alarms])
    return pulumi.Output.all(*[alarm.name for alarm in alarms]).apply(written)
