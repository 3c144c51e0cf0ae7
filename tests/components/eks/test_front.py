"""The way in: the Service, its load balancer, the domain, and the policy around the pods."""

from typing import Any

import pulumi
import pytest

from components.eks.load_balancer import host_of
from components.testing import Deployment

from .helpers import NAMESPACE, POLICY, SERVICE, names, pod, web

PREFIX = "service.beta.kubernetes.io/aws-load-balancer-"
DOMAIN = {"name": "shop.example.com", "zone_id": "Z1"}
RECORD = "aws:route53/record:Record"
CONTROLLER = "service.k8s.aws/nlb"


def annotations(deployment: Deployment) -> dict[str, Any]:
    found = deployment.one(SERVICE).inputs["metadata"]["annotations"]
    return {key.removeprefix(PREFIX): value for key, value in found.items()}


def test_without_a_domain_there_is_one_port_of_plain_http() -> None:
    deployment = web()
    spec = deployment.one(SERVICE).inputs["spec"]
    assert spec["type"] == "LoadBalancer"
    assert spec["ports"] == [{"name": "http", "port": 80, "targetPort": "http", "protocol": "TCP"}]
    assert "loadBalancerClass" not in spec
    assert annotations(deployment) == {
        "type": "nlb",
        "cross-zone-load-balancing-enabled": "true",
        "additional-resource-tags": "slipway:component=EksWebApp/web",
    }


def test_a_domain_means_tls_only_with_a_certificate_that_is_proven() -> None:
    deployment = web({"domain": DOMAIN})
    (port,) = deployment.one(SERVICE).inputs["spec"]["ports"]
    assert (port["name"], port["port"], port["targetPort"]) == ("https", 443, "http")
    found = annotations(deployment)
    proven = deployment.one("aws:acm/certificateValidation:CertificateValidation")
    assert found["ssl-cert"] == proven.outputs["certificateArn"]
    assert (found["ssl-ports"], found["backend-protocol"]) == ("443", "tcp")
    assert found["ssl-negotiation-policy"] == "ELBSecurityPolicy-TLS13-1-2-2021-06"
    assert deployment.result["url"] == "https://shop.example.com"
    assert names(deployment, RECORD) == ["web-alias", "web-validation"]
    (alias,) = deployment.one(RECORD, "web-alias").inputs["aliases"]
    assert alias == {
        "name": "web.elb.us-east-1.amazonaws.com",
        "zoneId": "Z0LOADBALANCER",
        "evaluateTargetHealth": True,
    }


def test_another_controller_sends_requests_straight_to_pods() -> None:
    app = {"drain_seconds": 20, "health": {"success_codes": "200-204"}}
    deployment = web(app, load_balancer_class=CONTROLLER, readiness_path="/ready")
    assert deployment.one(SERVICE).inputs["spec"]["loadBalancerClass"] == CONTROLLER
    found = annotations(deployment)
    assert "type" not in found  # it would choose a controller as well
    assert (found["scheme"], found["nlb-target-type"]) == ("internet-facing", "ip")
    assert found["target-group-attributes"] == "deregistration_delay.timeout_seconds=20"
    assert found["healthcheck-path"] == "/ready"
    assert found["healthcheck-success-codes"] == "200-204"
    # It must take the pod out of its target group first, so the pod goes on for as long.
    (container,) = pod(deployment)["containers"]
    assert container["lifecycle"]["preStop"] == {"sleep": {"seconds": 20}}
    assert pod(deployment)["terminationGracePeriodSeconds"] == 40


@pytest.mark.parametrize(
    ("controller", "label"),
    [
        (CONTROLLER, "elbv2.k8s.aws/pod-readiness-gate-inject"),
        ("eks.amazonaws.com/nlb", "eks.amazonaws.com/pod-readiness-gate-inject"),
    ],
)
def test_pods_are_ready_once_that_controller_sends_requests_to_them(
    controller: str, label: str
) -> None:
    def labels(**args: Any) -> dict[str, Any]:
        return dict(web(**args).one(NAMESPACE).inputs["metadata"]["labels"])

    assert labels(load_balancer_class=controller)[label] == "enabled"
    assert not any("readiness-gate" in key for key in labels())


def test_tags_that_the_annotation_cannot_carry_are_left_out() -> None:
    found = annotations(web(tags={"a": "1,2", "b": pulumi.Output.from_input("x=y")}))
    assert found["additional-resource-tags"] == "slipway:component=EksWebApp/web,b=x=y"


def test_pods_are_reached_on_their_port_and_never_reach_the_nodes_credentials() -> None:
    spec = web({"port": 8080}).one(POLICY).inputs["spec"]
    assert spec["policyTypes"] == ["Ingress", "Egress"]
    assert spec["ingress"] == [{"ports": [{"protocol": "TCP", "port": 8080}]}]
    (egress,) = spec["egress"]
    assert egress["to"] == [{"ipBlock": {"cidr": "0.0.0.0/0", "except": ["169.254.169.254/32"]}}]


class Status:
    """As pulumi-kubernetes answers: objects with attributes."""

    def __init__(self, **fields: Any) -> None:
        vars(self).update(fields)


@pytest.mark.parametrize(
    ("ingress", "host"),
    [
        ({"hostname": "x.elb.amazonaws.com", "ip": None}, "x.elb.amazonaws.com"),
        ({"hostname": None, "ip": "192.0.2.1"}, "192.0.2.1"),
    ],
)
def test_the_address_is_a_name_or_a_number(ingress: dict[str, Any], host: str) -> None:
    status = Status(load_balancer=Status(ingress=[Status(**ingress)]))
    assert host_of(status) == host


@pytest.mark.parametrize("status", [None, Status(load_balancer=Status(ingress=[]))])
def test_a_service_without_an_address_is_told(status: Any) -> None:
    with pytest.raises(ValueError, match=r"the Service has no address\. Next step: 'kubectl"):
        host_of(status)
