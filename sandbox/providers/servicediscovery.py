"""Cloud Map: namespaces and services by which tasks find one another."""

from collections.abc import Mapping
from typing import Any, ClassVar

from .base import Inputs, Outputs, Provider, Tagged
from .common import ignoring, one_of, pairs, pascal, present, tag_changes, until, wire, within


def _retag(map_: Any, arn: str, outputs: Outputs, wanted: dict[str, str]) -> Outputs:
    put, drop = tag_changes(outputs, wanted)
    if drop:
        map_.untag_resource(ResourceARN=arn, TagKeys=drop)
    if put:
        map_.tag_resource(ResourceARN=arn, Tags=pairs(put))
    return {"tagsAll": wanted}


class NamespaceInputs(Tagged):
    """Inputs that both kinds of namespace have."""

    name: str
    description: str = "Managed by Pulumi"


class PrivateInputs(NamespaceInputs):
    """Inputs of a namespace with a private hosted zone."""

    vpc: str


class _Namespace:
    """What both kinds of namespace share."""

    context: Any

    def finish(self, operation: str) -> str:
        """The id of the namespace that an operation made."""
        map_ = self.context.client("servicediscovery")
        done: dict[str, Any] = {}

        def finished() -> bool:
            done.update(map_.get_operation(OperationId=operation)["Operation"])
            if done["Status"] == "FAIL":
                raise RuntimeError(done.get("ErrorMessage", "Cloud Map gave no reason"))
            return bool(done["Status"] == "SUCCESS")

        until(finished, seconds=60, what="the namespace")
        return str(done["Targets"]["NAMESPACE"])

    def remove(self, id: str) -> None:
        """Delete the namespace."""
        with ignoring("NamespaceNotFound"):
            self.context.client("servicediscovery").delete_namespace(Id=id)


class PrivateDnsNamespace(_Namespace, Provider[PrivateInputs]):
    """A namespace that a VPC resolves."""

    token = "aws:servicediscovery/privateDnsNamespace:PrivateDnsNamespace"
    inputs = PrivateInputs
    replaces = frozenset({"name", "vpc"})
    outputs = frozenset({"arn", "hostedZone", "tagsAll"})
    inert: ClassVar[Mapping[str, str]] = {"vpc": "stored; the sandbox has no VPC resolver"}

    def create(self, name: str, inputs: PrivateInputs) -> tuple[str, Outputs]:
        map_, tags = self.context.client("servicediscovery"), self.tags(inputs)
        id = self.finish(
            map_.create_private_dns_namespace(
                Name=inputs.name,
                Vpc=inputs.vpc,
                Description=inputs.description,
                Tags=pairs(tags),
            )["OperationId"]
        )
        namespace = map_.get_namespace(Id=id)["Namespace"]
        return id, {
            "arn": namespace["Arn"],
            "hostedZone": namespace["Properties"]["DnsProperties"]["HostedZoneId"],
            "tagsAll": tags,
        }

    def update(self, id: str, old: PrivateInputs, new: PrivateInputs, outputs: Outputs) -> Outputs:
        map_ = self.context.client("servicediscovery")
        map_.update_private_dns_namespace(Id=id, Namespace={"Description": new.description})
        return outputs | _retag(map_, outputs["arn"], outputs, self.tags(new))

    def delete(self, id: str, outputs: Outputs) -> None:
        self.remove(id)


class HttpNamespace(_Namespace, Provider[NamespaceInputs]):
    """A namespace that is asked over the API."""

    token = "aws:servicediscovery/httpNamespace:HttpNamespace"
    inputs = NamespaceInputs
    replaces = frozenset({"name"})
    outputs = frozenset({"arn", "httpName", "tagsAll"})

    def create(self, name: str, inputs: NamespaceInputs) -> tuple[str, Outputs]:
        map_, tags = self.context.client("servicediscovery"), self.tags(inputs)
        id = self.finish(
            map_.create_http_namespace(
                Name=inputs.name, Description=inputs.description, Tags=pairs(tags)
            )["OperationId"]
        )
        namespace = map_.get_namespace(Id=id)["Namespace"]
        return id, {
            "arn": namespace["Arn"],
            "httpName": namespace["Properties"]["HttpProperties"]["HttpName"],
            "tagsAll": tags,
        }

    def update(
        self, id: str, old: NamespaceInputs, new: NamespaceInputs, outputs: Outputs
    ) -> Outputs:
        map_ = self.context.client("servicediscovery")
        map_.update_http_namespace(Id=id, Namespace={"Description": new.description})
        return outputs | _retag(map_, outputs["arn"], outputs, self.tags(new))

    def delete(self, id: str, outputs: Outputs) -> None:
        self.remove(id)


class DnsRecord(Inputs):
    """A record that a registered instance gets."""

    type: str
    ttl: int


class DnsConfig(Inputs):
    """How instances are found by name."""

    namespace_id: str
    routing_policy: str = "MULTIVALUE"
    dns_records: list[DnsRecord]


class CustomHealth(Inputs):
    """That ECS, not Cloud Map, says which instances are healthy."""

    failure_threshold: int | None = None


class ServiceInputs(Tagged):
    """Inputs of a Cloud Map service."""

    name: str
    description: str | None = None
    namespace_id: str | None = None
    dns_config: DnsConfig | None = None
    health_check_custom_config: CustomHealth | None = None
    force_destroy: bool = False


class Service(Provider[ServiceInputs]):
    """A name under which instances register.

    AWS changes a record's time to live in place; the embedded cloud would lose the routing
    policy with it, so here another ``dnsConfig`` means a new service.
    """

    token = "aws:servicediscovery/service:Service"
    inputs = ServiceInputs
    replaces = frozenset({"name", "namespaceId", "dnsConfig", "healthCheckCustomConfig"})
    delete_before_replace = True
    outputs = frozenset({"arn", "tagsAll"})

    def check(self, name: str, properties: Mapping[str, Any]) -> ServiceInputs:
        inputs = super().check(name, properties)
        if (inputs.dns_config is None) == (inputs.namespace_id is None):
            raise ValueError("a service needs either dnsConfig.namespaceId or namespaceId.")
        if inputs.dns_config is not None:
            one_of("routingPolicy", inputs.dns_config.routing_policy, ("MULTIVALUE", "WEIGHTED"))
            for record in inputs.dns_config.dns_records:
                one_of("dnsRecords.type", record.type, ("A", "AAAA", "SRV", "CNAME"))
                within("dnsRecords.ttl", record.ttl, 0, 2147483647)
        return inputs

    def create(self, name: str, inputs: ServiceInputs) -> tuple[str, Outputs]:
        dns, health, tags = (
            inputs.dns_config,
            inputs.health_check_custom_config,
            self.tags(inputs),
        )
        service = self.context.client("servicediscovery").create_service(
            Name=inputs.name,
            NamespaceId=dns.namespace_id if dns else inputs.namespace_id,
            Tags=pairs(tags),
            **present(
                Description=inputs.description,
                DnsConfig=_dns(dns) if dns else None,
                HealthCheckCustomConfig=pascal(wire(health)) if health else None,
            ),
        )["Service"]
        return service["Id"], {
            "arn": service["Arn"],
            "forceDestroy": inputs.force_destroy,
            "tagsAll": tags,
        }

    def update(self, id: str, old: ServiceInputs, new: ServiceInputs, outputs: Outputs) -> Outputs:
        map_ = self.context.client("servicediscovery")
        map_.update_service(Id=id, Service={"Description": new.description or ""})
        tagged = _retag(map_, outputs["arn"], outputs, self.tags(new))
        return outputs | tagged | {"forceDestroy": new.force_destroy}

    def delete(self, id: str, outputs: Outputs) -> None:
        map_ = self.context.client("servicediscovery")
        with ignoring("ServiceNotFound"):
            instances = map_.list_instances(ServiceId=id)["Instances"]
            if instances and not outputs["forceDestroy"]:
                raise ValueError(
                    f"{len(instances)} instances are registered; set forceDestroy=True to "
                    "deregister them."
                )
            for instance in instances:
                map_.deregister_instance(ServiceId=id, InstanceId=instance["Id"])
            map_.delete_service(Id=id)


def _dns(config: DnsConfig) -> dict[str, Any]:
    records = [{"Type": record.type, "TTL": record.ttl} for record in config.dns_records]
    return {"RoutingPolicy": config.routing_policy, "DnsRecords": records}
