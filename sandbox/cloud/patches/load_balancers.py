"""Load balancers: real ports in the API, true target health, weighted forwards."""

import asyncio
from collections.abc import Callable
from typing import Any
from xml.sax.saxutils import escape

from ministack.services import alb

from sandbox.cloud import addresses
from sandbox.cloud.balancer.service import Balancer
from sandbox.cloud.settings import Settings

from . import guard, query_conditions


def apply(settings: Settings) -> Balancer:
    """Start the balancer and let every change of the API reach it."""
    match = query_conditions.apply()
    balancer = Balancer(settings.state, match, alb._LISTENER_RESPONSE_HEADERS)
    _addresses(balancer)
    _gateway()
    _weighted_forwards()
    _health(balancer)
    _changes(balancer)
    return balancer


def _addresses(balancer: Balancer) -> None:
    def wrap(original: Callable[..., Any]) -> Callable[..., Any]:
        def create(params: Any) -> Any:
            before = set(alb._lbs)
            answer = original(params)
            for arn in set(alb._lbs) - before:
                record = alb._lbs[arn]
                port = balancer.reserve(arn)
                record["DNSName"] = f"127.0.0.1:{port}"
                shown = f"<LoadBalancers>{alb._lb_xml(record)}</LoadBalancers>"
                return alb._xml(200, "CreateLoadBalancer", shown)
            return answer

        return create

    guard.wrap(alb, "_create_lb", "(params)", wrap)


def _gateway() -> None:
    """The emulator's own way in, ``/_alb/<name>/`` on its port, finds tasks where they are."""

    def wrap(original: Callable[..., Any]) -> Callable[..., Any]:
        async def proxy(target: dict[str, Any], tg: dict[str, Any], *rest: Any, **more: Any) -> Any:
            port = int(target.get("Port") or tg.get("Port") or 80)
            host, real_port = addresses.resolve(str(target.get("Id", "")), port)
            return await original({**target, "Id": host, "Port": real_port}, tg, *rest, **more)

        return proxy

    signature = "(target, tg, method, path, headers, body, query_params, raw_query_string=None)"
    guard.wrap(alb, "_proxy_http_target", signature, wrap)


def _weighted_forwards() -> None:
    """The emulator drops ForwardConfig; keep it, serve it, show it."""

    def parse(original: Callable[..., Any]) -> Callable[..., Any]:
        def actions(params: Any, prefix: str = "DefaultActions") -> list[dict[str, Any]]:
            parsed: list[dict[str, Any]] = original(params, prefix)
            for number, action in enumerate(parsed, 1):
                groups = _weights(params, f"{prefix}.member.{number}.ForwardConfig")
                if groups:
                    action["ForwardConfig"] = {"TargetGroups": groups}
                    if len(groups) == 1:
                        action.setdefault("TargetGroupArn", groups[0]["TargetGroupArn"])
            return parsed

        return actions

    def show(original: Callable[..., Any]) -> Callable[..., Any]:
        def xml(a: dict[str, Any]) -> str:
            text = str(original(a))
            if "ForwardConfig" not in a:
                return text
            groups = "".join(
                f"<member><TargetGroupArn>{group['TargetGroupArn']}</TargetGroupArn>"
                f"<Weight>{group['Weight']}</Weight></member>"
                for group in a["ForwardConfig"]["TargetGroups"]
            )
            inner = f"<ForwardConfig><TargetGroups>{groups}</TargetGroups></ForwardConfig>"
            return text.removesuffix("</member>") + inner + "</member>"

        return xml

    guard.wrap(alb, "_parse_actions", "(params, prefix='DefaultActions')", parse)
    guard.wrap(alb, "_action_xml", "(a)", show)


def _weights(params: Any, prefix: str) -> list[dict[str, Any]]:
    groups: list[dict[str, Any]] = []
    while True:
        place = f"{prefix}.TargetGroups.member.{len(groups) + 1}"
        arn = alb._p(params, f"{place}.TargetGroupArn")
        if not arn:
            return groups
        weight = int(alb._p(params, f"{place}.Weight", "1") or 1)
        groups.append({"TargetGroupArn": arn, "Weight": weight})


def _health(balancer: Balancer) -> None:
    def describe(params: Any) -> Any:
        arn = alb._p(params, "TargetGroupArn")
        group = alb._tgs.get(arn)
        if not group:
            return alb._error("TargetGroupNotFound", f"Target group '{arn}' not found.")
        asked = {(t["Id"], t.get("Port")) for t in alb._parse_targets_param(params)}
        default = group.get("Port", 80)
        places = [(t["Id"], int(t.get("Port") or default)) for t in alb._targets.get(arn, [])]
        places += [place for place in balancer.draining(arn) if place not in places]
        if asked:
            known = [p for p in places if (p[0], None) in asked or p in asked]
            strange = [(ip, int(port or default)) for ip, port in asked]
            places = known + [p for p in strange if p[0] not in {ip for ip, _ in known}]
        members = "".join(_described(balancer, arn, *place) for place in places)
        shown = f"<TargetHealthDescriptions>{members}</TargetHealthDescriptions>"
        return alb._xml(200, "DescribeTargetHealth", shown)

    guard.replace(alb, "_describe_target_health", "(params)", describe)


def _described(balancer: Balancer, arn: str, ip: str, port: int) -> str:
    health = balancer.health(arn, ip, port)
    inner = f"<State>{health.state}</State>"
    if health.reason:
        inner += f"<Reason>{health.reason}</Reason>"
        inner += f"<Description>{escape(health.description)}</Description>"
    return (
        f"<member><Target><Id>{escape(ip)}</Id><Port>{port}</Port></Target>"
        f"<HealthCheckPort>{port}</HealthCheckPort><TargetHealth>{inner}</TargetHealth></member>"
    )


def _changes(balancer: Balancer) -> None:
    def requests(original: Callable[..., Any]) -> Callable[..., Any]:
        async def handle_request(
            method: str, path: str, headers: Any, body: Any, query_params: Any
        ) -> Any:
            answer = await original(method, path, headers, body, query_params)
            text = body.decode("utf-8", "replace") if isinstance(body, bytes) else str(body or "")
            if "Action=Describe" not in text:
                # Off the loop: the emulator stays responsive while sockets are opened.
                await asyncio.to_thread(balancer.sync)
            return answer

        return handle_request

    def targets(original: Callable[..., Any]) -> Callable[..., Any]:
        def set_targets(tg_arn: str, targets: Any, previous_ids: Any = ()) -> bool:
            before = list(alb._targets.get(tg_arn, []))
            done = bool(original(tg_arn, targets, previous_ids))
            if alb._targets.get(tg_arn, []) != before:
                balancer.sync()
            return done

        return set_targets

    def emptied(original: Callable[..., Any]) -> Callable[..., Any]:
        def reset() -> None:
            original()
            balancer.sync()

        return reset

    signature = "(method, path, headers, body, query_params)"
    guard.wrap(alb, "handle_request", signature, requests)
    guard.wrap(alb, "set_targets_for_group", "(tg_arn, targets, previous_ids=())", targets)
    guard.wrap(alb, "reset", "()", emptied)
