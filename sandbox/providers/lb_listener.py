"""Listeners and their extra certificates; rules are in ``lb_rule``.

An HTTPS listener answers with a self-signed certificate for the names of its ACM certificate.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from .base import Inputs, Outputs, Provider, Tagged
from .common import ignoring, one_of, pairs, present, within
from .lb_actions import Action, check_actions, to_actions
from .lb_balancer import retag


class ListenerInputs(Tagged):
    """Inputs of a listener."""

    load_balancer_arn: str
    port: int
    protocol: str = "HTTP"
    default_actions: list[Action]
    ssl_policy: str | None = None
    certificate_arn: str | None = None


class Listener(Provider[ListenerInputs]):
    """A port of a load balancer."""

    token = "aws:lb/listener:Listener"
    inputs = ListenerInputs
    replaces = frozenset({"loadBalancerArn"})
    outputs = frozenset({"arn", "tagsAll"})
    inert: ClassVar[Mapping[str, str]] = {
        "sslPolicy": "stored; Python's own TLS settings are used",
    }

    def check(self, name: str, properties: Mapping[str, Any]) -> ListenerInputs:
        inputs = super().check(name, properties)
        within("port", inputs.port, 1, 65535)
        one_of("protocol", inputs.protocol, ("HTTP", "HTTPS"))
        if (inputs.protocol == "HTTPS") != (inputs.certificate_arn is not None):
            raise ValueError(
                f"protocol={inputs.protocol!r} with certificateArn={inputs.certificate_arn!r}: "
                "HTTPS needs a certificate and HTTP takes none."
            )
        if inputs.ssl_policy is not None and inputs.protocol == "HTTP":
            raise ValueError("sslPolicy needs protocol HTTPS.")
        check_actions("defaultActions", inputs.default_actions)
        return inputs

    def create(self, name: str, inputs: ListenerInputs) -> tuple[str, Outputs]:
        elb, tags = self.context.client("elbv2"), self.tags(inputs)
        taken = elb.describe_listeners(LoadBalancerArn=inputs.load_balancer_arn)["Listeners"]
        if inputs.port in [listener["Port"] for listener in taken]:
            raise ValueError(f"port={inputs.port} already has a listener on this load balancer.")
        arn = elb.create_listener(
            LoadBalancerArn=inputs.load_balancer_arn,
            Tags=pairs(tags),
            **self._settings(inputs),
        )["Listeners"][0]["ListenerArn"]
        return arn, {"arn": arn, "tagsAll": tags}

    def update(
        self, id: str, old: ListenerInputs, new: ListenerInputs, outputs: Outputs
    ) -> Outputs:
        elb = self.context.client("elbv2")
        elb.modify_listener(ListenerArn=id, **self._settings(new))
        return outputs | retag(elb, id, outputs, self.tags(new))

    def delete(self, id: str, outputs: Outputs) -> None:
        with ignoring("ListenerNotFound"):
            self.context.client("elbv2").delete_listener(ListenerArn=id)

    def _settings(self, inputs: ListenerInputs) -> dict[str, Any]:
        certificate = inputs.certificate_arn
        if certificate is not None:
            # The embedded cloud takes a certificate that does not exist; reading it does not.
            self.context.client("acm").describe_certificate(CertificateArn=certificate)
        return {
            "Port": inputs.port,
            "Protocol": inputs.protocol,
            "DefaultActions": to_actions(inputs.default_actions),
            **present(
                SslPolicy=inputs.ssl_policy,
                Certificates=[{"CertificateArn": certificate}] if certificate else None,
            ),
        }


class ListenerCertificateInputs(Inputs):
    """Inputs of an extra certificate."""

    listener_arn: str
    certificate_arn: str


class ListenerCertificate(Provider[ListenerCertificateInputs]):
    """A further certificate of an HTTPS listener; both must exist."""

    token = "aws:lb/listenerCertificate:ListenerCertificate"
    inputs = ListenerCertificateInputs
    replaces = frozenset({"listenerArn", "certificateArn"})
    recorded = "the embedded cloud answers with one self-signed certificate a listener"

    def create(self, name: str, inputs: ListenerCertificateInputs) -> tuple[str, Outputs]:
        elb, acm = self.context.client("elbv2"), self.context.client("acm")
        acm.describe_certificate(CertificateArn=inputs.certificate_arn)
        listener = elb.describe_listeners(ListenerArns=[inputs.listener_arn])["Listeners"]
        if not listener or listener[0]["Protocol"] != "HTTPS":
            raise ValueError(f"listenerArn={inputs.listener_arn!r} is no HTTPS listener.")
        return f"{inputs.listener_arn}_{inputs.certificate_arn}", {}

    def delete(self, id: str, outputs: Outputs) -> None:
        """Nothing was made."""
