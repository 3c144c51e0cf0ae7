"""Lives of listeners, their rules and certificates."""

from collections.abc import Mapping
from typing import Any

from sandbox.providers.base import Outputs

from .cases_lb import elb_tags
from .looks import SEEN1, SEEN2, T1, T2
from .world import Case, World


def _listener(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    found = world.client("elbv2").describe_listeners(ListenerArns=[id])["Listeners"]
    return {**found[0], "tags": elb_tags(world, id)} if found else None


def _listener_rule(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    found = world.client("elbv2").describe_rules(RuleArns=[id])["Rules"]
    if not found:
        return None
    conditions = {
        item["Field"]: item.get("HttpHeaderConfig", item)["Values"]
        for item in found[0]["Conditions"]
    }
    return {**found[0], "when": conditions, "tags": elb_tags(world, id)}


def _nothing(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    """A type without an object of its own."""
    return {"id": id}


def _forward(world: World, index: int) -> list[dict[str, Any]]:
    return [{"type": "forward", "targetGroupArn": world.target_groups[index]}]


CASES = [
    Case(
        "aws:lb/listener:Listener",
        lambda w: {
            "loadBalancerArn": w.balancer["arn"],
            "port": 443.0,
            "protocol": "HTTPS",
            "sslPolicy": "ELBSecurityPolicy-TLS13-1-2-2021-06",
            "certificateArn": w.certificates[0],
            "defaultActions": [{**_forward(w, 0)[0], "order": 1.0}],
            "tags": T1,
        },
        _listener,
        lambda w: {
            "LoadBalancerArn": w.balancer["arn"],
            "Port": 443,
            "Protocol": "HTTPS",
            "SslPolicy": "ELBSecurityPolicy-TLS13-1-2-2021-06",
            "Certificates": [{"CertificateArn": w.certificates[0]}],
            "DefaultActions": [
                {"Type": "forward", "Order": 1, "TargetGroupArn": w.target_groups[0]}
            ],
            "tags": SEEN1,
        },
        lambda w: {
            "certificateArn": w.certificates[1],
            "defaultActions": [
                {
                    "type": "fixed-response",
                    "fixedResponse": {
                        "contentType": "text/plain",
                        "messageBody": "closed",
                        "statusCode": "503",
                    },
                }
            ],
            "tags": T2,
        },
        lambda w: {
            "Certificates": [{"CertificateArn": w.certificates[1]}],
            "DefaultActions": [
                {
                    "Type": "fixed-response",
                    "Order": 1,
                    "FixedResponseConfig": {
                        "StatusCode": "503",
                        "ContentType": "text/plain",
                        "MessageBody": "closed",
                    },
                }
            ],
            "tags": SEEN2,
        },
    ),
    Case(
        "aws:lb/listenerRule:ListenerRule",
        lambda w: {
            "listenerArn": w.http_listener,
            "priority": 10.0,
            "actions": _forward(w, 0),
            "conditions": [
                {"pathPattern": {"values": ["/a", "/a/*"]}},
                {"hostHeader": {"values": ["a.example.com"]}},
                {"httpHeader": {"httpHeaderName": "X-A", "values": ["1"]}},
                {"httpRequestMethod": {"values": ["GET"]}},
            ],
            "tags": T1,
        },
        _listener_rule,
        lambda w: {
            "Priority": "10",
            "when": {
                "path-pattern": ["/a", "/a/*"],
                "host-header": ["a.example.com"],
                "http-header": ["1"],
                "http-request-method": ["GET"],
            },
            "tags": SEEN1,
        },
        lambda w: {
            "priority": 20.0,
            "actions": [
                {
                    "type": "redirect",
                    "redirect": {
                        "statusCode": "HTTP_301",
                        "host": "b.example.com",
                        "path": "/b",
                        "port": "443",
                        "protocol": "HTTPS",
                        "query": "x=1",
                    },
                }
            ],
            "conditions": [{"pathPattern": {"values": ["/b"]}}],
            "tags": T2,
        },
        lambda w: {
            "Priority": "20",
            "when": {"path-pattern": ["/b"]},
            "Actions": [
                {
                    "Type": "redirect",
                    "Order": 1,
                    "RedirectConfig": {
                        "Protocol": "HTTPS",
                        "Port": "443",
                        "Host": "b.example.com",
                        "Path": "/b",
                        "Query": "x=1",
                        "StatusCode": "HTTP_301",
                    },
                }
            ],
            "tags": SEEN2,
        },
    ),
    Case(
        "aws:lb/listener:Listener",
        lambda w: {
            "loadBalancerArn": w.balancer["arn"],
            "port": 8090.0,
            "defaultActions": [
                {"type": "redirect", "redirect": {"statusCode": "HTTP_302", "port": "443"}}
            ],
        },
        _listener,
        lambda w: {
            "Protocol": "HTTP",
            "DefaultActions": [
                {
                    "Type": "redirect",
                    "Order": 1,
                    "RedirectConfig": {
                        "Protocol": "#{protocol}",
                        "Port": "443",
                        "Host": "#{host}",
                        "Path": "/#{path}",
                        "Query": "#{query}",
                        "StatusCode": "HTTP_302",
                    },
                }
            ],
        },
        label="redirect",
    ),
    Case(
        "aws:lb/listenerRule:ListenerRule",
        lambda w: {
            "listenerArn": w.http_listener,
            "actions": [
                {
                    "type": "fixed-response",
                    "order": 1.0,
                    "fixedResponse": {"contentType": "text/plain", "statusCode": "404"},
                }
            ],
            "conditions": [{"pathPattern": {"values": ["/none"]}}],
        },
        _listener_rule,
        lambda w: {"Priority": "1", "when": {"path-pattern": ["/none"]}},
        label="next-priority",
    ),
    Case(
        "aws:lb/listenerCertificate:ListenerCertificate",
        lambda w: {"listenerArn": w.https_listener, "certificateArn": w.certificates[1]},
        _nothing,
        lambda w: {},
        stays=True,
    ),
]
