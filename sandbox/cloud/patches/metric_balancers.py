"""Metrics of load balancers: what passed through ours, and who was healthy."""

from collections.abc import Iterator, Mapping

from ministack.core.responses import request_scope
from ministack.services import alb

from sandbox.cloud.balancer.service import Balancer
from sandbox.cloud.metrics import every_minute, record
from sandbox.cloud.metrics.sources import Tally, just_ended
from sandbox.cloud.settings import Settings

NAMESPACE = "AWS/ApplicationELB"


def apply(settings: Settings, balancer: Balancer) -> None:  # noqa: ARG001
    """Let the balancer tell, and ask it for health once a minute."""
    balancer.told = _Told()
    every_minute(lambda: _publish_health(balancer))


def dimension(arn: str) -> str:
    """The end of an ARN by which CloudWatch knows a load balancer or a target group."""
    resource = arn.rpartition(":")[2]
    return resource.removeprefix("loadbalancer/")


class _Told:
    """See ``balancer.told.Told``."""

    def __init__(self) -> None:
        self._tally: Tally[tuple[str, str]] = Tally(NAMESPACE, _sets)

    def chosen(self, balancer: str, group: str) -> None:
        self._tally.add((balancer, group), "RequestCount")

    def answered(self, balancer: str, group: str, status: int, seconds: float) -> None:
        place = (balancer, group)
        self._tally.add(place, "TargetResponseTime", seconds, "Seconds")
        self._tally.add(place, f"HTTPCode_Target_{status // 100}XX_Count")

    def unanswered(self, balancer: str, group: str) -> None:
        self._tally.add((balancer, group), "TargetConnectionErrorCount")

    def own(self, balancer: str, status: int) -> None:
        self._tally.add((balancer, ""), f"HTTPCode_ELB_{status // 100}XX_Count")
        if status in (500, 502, 503, 504):
            self._tally.add((balancer, ""), f"HTTPCode_ELB_{status}_Count")

    def redirected(self, balancer: str) -> None:
        self._tally.add((balancer, ""), "HTTP_Redirect_Count")
        self._tally.add((balancer, ""), "HTTPCode_ELB_3XX_Count")


def _sets(place: tuple[str, str]) -> Iterator[Mapping[str, str]]:
    balancer, group = place
    yield {"LoadBalancer": dimension(balancer)}
    if group:
        yield {"TargetGroup": dimension(group)}
        yield {"LoadBalancer": dimension(balancer), "TargetGroup": dimension(group)}


def _publish_health(balancer: Balancer) -> None:
    at = just_ended()
    for (account, region, arn), group in alb._tgs.all_items():
        states = balancer.states(arn)
        if not states:
            continue
        with request_scope(account, region):
            for owner in group.get("LoadBalancerArns") or []:
                dimensions = {"LoadBalancer": dimension(owner), "TargetGroup": dimension(arn)}
                for metric, state in (("Healthy", "healthy"), ("UnHealthy", "unhealthy")):
                    value = states.count(state)
                    record(NAMESPACE, f"{metric}HostCount", value, dimensions, "Count", at)
