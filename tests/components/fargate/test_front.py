"""The way in: security groups, load balancer, domain, and several services behind one."""

from typing import Any

from components.fargate import FargateWebService
from components.fargate.load_balancer import TLS_POLICY
from components.testing import Deployment, deploy

from .helpers import SERVICE, names, settings, web

BALANCER = "aws:lb/loadBalancer:LoadBalancer"
GROUP = "aws:ec2/securityGroup:SecurityGroup"
IN = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
OUT = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
LISTENER = "aws:lb/listener:Listener"
RULE = "aws:lb/listenerRule:ListenerRule"
RECORD = "aws:route53/record:Record"
DOMAIN = {"name": "shop.example.com", "zone_id": "Z1"}
CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/given"


def edges(deployment: Deployment, type: str) -> dict[str, tuple[Any, ...]]:
    """Each rule as (group, peer, protocol, first port, last port)."""
    return {
        rule.name: (
            rule.inputs["securityGroupId"],
            rule.inputs.get("referencedSecurityGroupId")
            or rule.inputs.get("cidrIpv4")
            or rule.inputs.get("cidrIpv6"),
            rule.inputs["ipProtocol"],
            rule.inputs.get("fromPort"),
            rule.inputs.get("toPort"),
        )
        for rule in deployment.of(type)
    }


def test_the_world_reaches_the_load_balancer_and_only_the_load_balancer_reaches_the_tasks() -> None:
    deployment = web({"port": 8080})
    assert edges(deployment, IN) == {
        "web-http-in": ("web-load-balancer-id", "0.0.0.0/0", "tcp", 80, 80),
        "web-from-load-balancer": ("web-id", "web-load-balancer-id", "tcp", 8080, 8080),
    }
    assert edges(deployment, OUT) == {
        "web-to-tasks": ("web-load-balancer-id", "web-id", "tcp", 8080, 8080),
        "web-out": ("web-id", "0.0.0.0/0", "-1", None, None),
    }
    for group in deployment.of(GROUP):
        assert not {"ingress", "egress"} & set(group.inputs)
    service = deployment.one(SERVICE).inputs
    assert service["networkConfiguration"]["securityGroups"] == ["web-id"]
    assert deployment.one(BALANCER).inputs["securityGroups"] == ["web-load-balancer-id"]


def test_named_peers_reach_the_tasks_on_the_apps_port() -> None:
    found = edges(web(allow_from=["sg-one", "sg-two"]), IN)
    assert found["web-from-peer-0"] == ("web-id", "sg-one", "tcp", 5000, 5000)
    assert found["web-from-peer-1"] == ("web-id", "sg-two", "tcp", 5000, 5000)


def test_the_load_balancer_has_safe_settings() -> None:
    inputs = web().one(BALANCER).inputs
    assert inputs["loadBalancerType"] == "application"
    assert inputs["internal"] is False
    assert inputs["dropInvalidHeaderFields"] is True
    assert inputs["idleTimeout"] == 60
    assert inputs["enableDeletionProtection"] is False
    assert inputs["ipAddressType"] == "ipv4"
    assert "name" not in inputs
    assert web(deletion_protection=True).one(BALANCER).inputs["enableDeletionProtection"] is True


def test_a_target_group_has_a_prefix_so_that_it_can_be_replaced() -> None:
    inputs = web(name="store-front").one("aws:lb/targetGroup:TargetGroup").inputs
    assert inputs["namePrefix"] == "store-"
    assert "name" not in inputs
    assert inputs["targetType"] == "ip"
    assert inputs["slowStart"] == 0
    short = web(name="a-b").one("aws:lb/targetGroup:TargetGroup").inputs
    assert short["namePrefix"] == "ab-"


def test_without_a_domain_the_app_is_served_over_http() -> None:
    deployment = web()
    listener = deployment.one(LISTENER)
    assert listener.inputs["port"] == 80
    assert listener.inputs["protocol"] == "HTTP"
    (action,) = listener.inputs["defaultActions"]
    assert action["type"] == "forward"
    assert ":targetgroup/" in action["targetGroupArn"]
    assert deployment.of("aws:acm/certificate:Certificate") == []


def test_a_domain_means_https_redirect_certificate_and_alias() -> None:
    deployment = web({"domain": DOMAIN})
    https = deployment.one(LISTENER, "web-https").inputs
    assert (https["port"], https["protocol"]) == (443, "HTTPS")
    assert https["sslPolicy"] == TLS_POLICY == "ELBSecurityPolicy-TLS13-1-2-2021-06"
    assert https["defaultActions"][0]["type"] == "forward"
    validation = deployment.one("aws:acm/certificateValidation:CertificateValidation")
    assert https["certificateArn"] == validation.outputs["certificateArn"]
    (redirect,) = deployment.one(LISTENER, "web-http").inputs["defaultActions"]
    assert redirect == {
        "type": "redirect",
        "redirect": {"port": "443", "protocol": "HTTPS", "statusCode": "HTTP_301"},
    }
    alias = deployment.one(RECORD, "web-alias").inputs
    assert alias["type"] == "A"
    assert alias["name"] == "shop.example.com"
    assert alias["zoneId"] == "Z1"
    assert alias["aliases"][0]["name"] == "web.us-east-1.elb.amazonaws.com"
    assert names(deployment, RECORD) == ["web-alias", "web-validation"]
    assert deployment.result["url"] == "https://shop.example.com"
    assert edges(deployment, IN)["web-https-in"] == (
        "web-load-balancer-id",
        "0.0.0.0/0",
        "tcp",
        443,
        443,
    )
    assert deployment.one(LISTENER, "web-https").urn in deployment.one(SERVICE).depends_on


def test_the_certificate_proves_itself_by_a_record_in_the_zone() -> None:
    deployment = web({"domain": DOMAIN})
    certificate = deployment.one("aws:acm/certificate:Certificate").inputs
    assert certificate["domainName"] == "shop.example.com"
    assert certificate["validationMethod"] == "DNS"
    record = deployment.one(RECORD, "web-validation").inputs
    assert record["name"] == "_proof.shop.example.com."
    assert record["type"] == "CNAME"
    assert record["records"] == ["_proof.acm-validations.aws."]
    assert record["allowOverwrite"] is True


def test_a_given_certificate_is_used_as_it_is() -> None:
    deployment = web({"domain": {**DOMAIN, "certificate_arn": CERTIFICATE}})
    assert deployment.one(LISTENER, "web-https").inputs["certificateArn"] == CERTIFICATE
    assert deployment.of("aws:acm/certificate:Certificate") == []
    assert names(deployment, RECORD) == ["web-alias"]


def test_dual_stack_opens_ipv6_in_rules_and_records() -> None:
    deployment = web({"domain": DOMAIN}, dual_stack=True)
    assert deployment.one(BALANCER).inputs["ipAddressType"] == "dualstack"
    assert deployment.one(RECORD, "web-alias-ipv6").inputs["type"] == "AAAA"
    found = edges(deployment, IN)
    assert found["web-http-in-ipv6"][1] == found["web-https-in-ipv6"][1] == "::/0"


def three(**first: Any) -> Deployment:
    """Services a, b and c behind a's load balancer."""

    def program() -> dict[str, FargateWebService]:
        a = FargateWebService("a", settings(**first))
        b = FargateWebService(
            "b",
            settings(attach={"to": a.attachment, "priority": 10, "path_patterns": ["/b", "/b/*"]}),
        )
        c = FargateWebService(
            "c",
            settings(
                {"port": 9000},
                attach={
                    "to": b.attachment,
                    "priority": 20,
                    "host_headers": ["c.example.com"],
                },
            ),
        )
        return {"a": a, "b": b, "c": c}

    return deploy(program)


def test_three_services_share_one_load_balancer_by_path_and_host() -> None:
    deployment = three()
    assert names(deployment, BALANCER) == ["a"]
    assert names(deployment, LISTENER) == ["a-http"]
    listener = deployment.one(LISTENER).outputs["arn"]
    rules = {rule.name: rule.inputs for rule in deployment.of(RULE)}
    assert set(rules) == {"b", "c"}
    assert {rule["listenerArn"] for rule in rules.values()} == {listener}
    assert rules["b"]["priority"] == 10
    assert rules["b"]["conditions"] == [{"pathPattern": {"values": ["/b", "/b/*"]}}]
    assert rules["c"]["conditions"] == [{"hostHeader": {"values": ["c.example.com"]}}]
    for name in "bc":
        group = deployment.one("aws:lb/targetGroup:TargetGroup", name).outputs["arn"]
        assert rules[name]["actions"] == [{"type": "forward", "targetGroupArn": group}]
        (target,) = deployment.one(SERVICE, name).inputs["loadBalancers"]
        assert target["targetGroupArn"] == group
        assert deployment.one(RULE, name).urn in deployment.one(SERVICE, name).depends_on
    result = deployment.result
    assert result["a"]["url"] == "http://a.us-east-1.elb.amazonaws.com"
    assert result["b"]["url"] == "http://a.us-east-1.elb.amazonaws.com/b"
    assert result["c"]["url"] == "http://c.example.com"
    assert result["c"]["load_balancer_dns_name"] == result["a"]["load_balancer_dns_name"]


def test_an_attached_services_attachment_is_its_owners() -> None:
    def program() -> FargateWebService:
        a = FargateWebService("a", settings())
        b = FargateWebService(
            "b", settings(attach={"to": a.attachment, "priority": 1, "path_patterns": ["/b/*"]})
        )
        return FargateWebService(
            "c", settings(attach={"to": b.attachment, "priority": 2, "path_patterns": ["/c/*"]})
        )

    assert deploy(program).result["url"] == "http://a.us-east-1.elb.amazonaws.com/c"


def test_attached_tasks_are_reached_by_the_shared_load_balancer_only() -> None:
    deployment = three()
    assert names(deployment, GROUP) == ["a", "a-load-balancer", "b", "c"]
    assert edges(deployment, IN)["c-from-load-balancer"] == (
        "c-id",
        "a-load-balancer-id",
        "tcp",
        9000,
        9000,
    )
    assert edges(deployment, OUT)["c-to-tasks"] == (
        "a-load-balancer-id",
        "c-id",
        "tcp",
        9000,
        9000,
    )
    assert [name for name in edges(deployment, IN) if "http" in name] == ["a-http-in"]


def test_with_https_rules_go_to_the_https_listener() -> None:
    deployment = three(app={"image": "i", "domain": DOMAIN})
    https = deployment.one(LISTENER, "a-https").outputs["arn"]
    assert {rule.inputs["listenerArn"] for rule in deployment.of(RULE)} == {https}
    assert deployment.result["b"]["url"] == "https://shop.example.com/b"
    assert deployment.result["c"]["url"] == "https://c.example.com"


def test_an_attached_domain_brings_its_certificate_record_and_host_rule() -> None:
    def program() -> FargateWebService:
        a = FargateWebService("a", settings({"domain": DOMAIN}))
        return FargateWebService(
            "b",
            settings(
                {"domain": {"name": "api.example.com", "zone_id": "Z1"}},
                attach={"to": a.attachment, "priority": 10},
            ),
        )

    deployment = deploy(program)
    assert deployment.one(RULE).inputs["conditions"] == [
        {"hostHeader": {"values": ["api.example.com"]}}
    ]
    extra = deployment.one("aws:lb/listenerCertificate:ListenerCertificate").inputs
    assert extra["listenerArn"] == deployment.one(LISTENER, "a-https").outputs["arn"]
    alias = deployment.one(RECORD, "b-alias").inputs
    assert alias["name"] == "api.example.com"
    assert alias["aliases"][0]["name"] == "a.us-east-1.elb.amazonaws.com"
    assert deployment.result["url"] == "https://api.example.com"


def test_a_load_balancer_made_elsewhere_can_be_joined() -> None:
    elsewhere = {
        "listener_arn": "arn:aws:elasticloadbalancing:us-east-1:1:listener/app/x/1/2",
        "load_balancer_arn_suffix": "app/x/1",
        "load_balancer_security_group_id": "sg-x",
        "load_balancer_dns_name": "x.example.com",
        "load_balancer_zone_id": "ZX",
        "url": "http://x.example.com",
    }
    deployment = web(attach={"to": elsewhere, "priority": 1, "path_patterns": ["/api/*"]})
    assert deployment.of(BALANCER) == []
    assert deployment.result["url"] == "http://x.example.com/api"
    alarm = deployment.one("aws:cloudwatch/metricAlarm:MetricAlarm", "web-unhealthy")
    assert alarm.inputs["dimensions"]["LoadBalancer"] == "app/x/1"


def test_attaching_works_on_a_first_preview() -> None:
    def program() -> None:
        a = FargateWebService("a", settings())
        FargateWebService(
            "b", settings(attach={"to": a.attachment, "priority": 1, "path_patterns": ["/b"]})
        )

    assert names(deploy(program, known=False), RULE) == ["b"]
