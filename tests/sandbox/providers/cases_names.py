"""Lives of certificates, records, discovery and scaling targets."""

from collections.abc import Mapping
from typing import Any

from sandbox.providers.base import Outputs

from .looks import SEEN1, SEEN2, T1, T2, unless_gone
from .world import Case, World, tags_of


@unless_gone
def _certificate(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    acm = world.client("acm")
    found = acm.describe_certificate(CertificateArn=id)["Certificate"]
    options = outputs["domainValidationOptions"]
    assert [option["domainName"] for option in options] == found["SubjectAlternativeNames"]
    assert all(option["resourceRecordType"] == "CNAME" for option in options)
    tags = acm.list_tags_for_certificate(CertificateArn=id)["Tags"]
    return {**found, "tags": tags_of(tags)}


@unless_gone
def _zone(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    route53 = world.client("route53")
    found = route53.get_hosted_zone(Id=id)
    tags = route53.list_tags_for_resource(ResourceType="hostedzone", ResourceId=id)
    return {
        "name": found["HostedZone"]["Name"],
        "comment": found["HostedZone"]["Config"].get("Comment"),
        "private": found["HostedZone"]["Config"]["PrivateZone"],
        "vpcs": [vpc["VPCId"] for vpc in found.get("VPCs", [])],
        "tags": tags_of(tags["ResourceTagSet"]["Tags"]),
    }


def _record(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    zone = outputs["zoneId"]
    found = world.client("route53").list_resource_record_sets(HostedZoneId=zone)
    for record in found["ResourceRecordSets"]:
        if record["Name"] == f"{outputs['fqdn']}." and record["Type"] in ("A", "CNAME"):
            return dict(record)
    return None


@unless_gone
def _namespace(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    map_ = world.client("servicediscovery")
    found = map_.get_namespace(Id=id)["Namespace"]
    tags = map_.list_tags_for_resource(ResourceARN=outputs["arn"])["Tags"]
    return {**found, "tags": tags_of(tags)}


@unless_gone
def _discovery(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    map_ = world.client("servicediscovery")
    found = map_.get_service(Id=id)["Service"]
    tags = map_.list_tags_for_resource(ResourceARN=outputs["arn"])["Tags"]
    return {**found, "tags": tags_of(tags)}


def _nothing(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    """A type without an object of its own."""
    return {"id": id}


CASES = [
    Case(
        "aws:acm/certificate:Certificate",
        lambda w: {
            "domainName": "shop.example.com",
            "subjectAlternativeNames": ["www.shop.example.com"],
            "validationMethod": "DNS",
            "tags": T1,
        },
        _certificate,
        lambda w: {
            "DomainName": "shop.example.com",
            "SubjectAlternativeNames": ["shop.example.com", "www.shop.example.com"],
            "Status": "ISSUED",
            "tags": SEEN1,
        },
        lambda w: {"tags": T2},
        lambda w: {"tags": SEEN2},
    ),
    Case(
        "aws:acm/certificateValidation:CertificateValidation",
        lambda w: {"certificateArn": w.certificates[0], "validationRecordFqdns": w.asked_names},
        _nothing,
        lambda w: {},
        stays=True,
    ),
    Case(
        "aws:route53/zone:Zone",
        lambda w: {
            "name": "private.example.com",
            "comment": "one",
            "vpcs": [{"vpcId": w.vpc, "vpcRegion": "us-east-1"}, {"vpcId": w.other_vpc}],
            "forceDestroy": True,
            "tags": T1,
        },
        _zone,
        lambda w: {
            "name": "private.example.com.",
            "comment": "one",
            "private": True,
            "vpcs": [w.vpc, w.other_vpc],
            "tags": SEEN1,
        },
        lambda w: {"comment": "two", "tags": T2},
        lambda w: {"comment": "two", "tags": SEEN2},
    ),
    Case(
        "aws:route53/record:Record",
        lambda w: {
            "zoneId": w.zone,
            "name": "www",
            "type": "CNAME",
            "ttl": 60.0,
            "records": ["one.example.com"],
            "allowOverwrite": True,
        },
        _record,
        lambda w: {
            "Name": "www.world.example.com.",
            "TTL": 60,
            "ResourceRecords": [{"Value": "one.example.com"}],
        },
        lambda w: {"ttl": 30.0, "records": ["two.example.com"]},
        lambda w: {"TTL": 30, "ResourceRecords": [{"Value": "two.example.com"}]},
    ),
    Case(
        "aws:route53/record:Record",
        lambda w: {
            "zoneId": w.zone,
            "name": "world.example.com",
            "type": "A",
            "aliases": [
                {"name": "lb.example.com", "zoneId": "Z35SXDOTRQ7X7K", "evaluateTargetHealth": True}
            ],
        },
        _record,
        lambda w: {
            "Name": "world.example.com.",
            "AliasTarget": {
                "DNSName": "lb.example.com.",
                "HostedZoneId": "Z35SXDOTRQ7X7K",
                "EvaluateTargetHealth": True,
            },
        },
        label="alias",
    ),
    Case(
        "aws:servicediscovery/privateDnsNamespace:PrivateDnsNamespace",
        lambda w: {"name": "shop.internal", "vpc": w.vpc, "description": "one", "tags": T1},
        _namespace,
        lambda w: {
            "Name": "shop.internal",
            "Type": "DNS_PRIVATE",
            "Description": "one",
            "tags": SEEN1,
        },
        lambda w: {"description": "two", "tags": T2},
        lambda w: {"Description": "two", "tags": SEEN2},
    ),
    Case(
        "aws:servicediscovery/httpNamespace:HttpNamespace",
        lambda w: {"name": "shop-http", "description": "one", "tags": T1},
        _namespace,
        lambda w: {"Name": "shop-http", "Type": "HTTP", "Description": "one", "tags": SEEN1},
        lambda w: {"description": "two", "tags": T2},
        lambda w: {"Description": "two", "tags": SEEN2},
    ),
    Case(
        "aws:servicediscovery/service:Service",
        lambda w: {
            "name": "cart",
            "description": "one",
            "dnsConfig": {
                "namespaceId": w.namespace,
                "routingPolicy": "MULTIVALUE",
                "dnsRecords": [{"type": "A", "ttl": 10.0}],
            },
            "healthCheckCustomConfig": {"failureThreshold": 1.0},
            "forceDestroy": True,
            "tags": T1,
        },
        _discovery,
        lambda w: {
            "Name": "cart",
            "NamespaceId": w.namespace,
            "Description": "one",
            "DnsConfig": {
                "RoutingPolicy": "MULTIVALUE",
                "DnsRecords": [{"Type": "A", "TTL": 10}],
            },
            "HealthCheckCustomConfig": {"FailureThreshold": 1},
            "tags": SEEN1,
        },
        lambda w: {"description": "two", "tags": T2},
        lambda w: {
            "Description": "two",
            "DnsConfig": {"RoutingPolicy": "MULTIVALUE"},
            "tags": SEEN2,
        },
    ),
    Case(
        "aws:servicediscovery/service:Service",
        lambda w: {"name": "stock", "namespaceId": w.namespace},
        _discovery,
        lambda w: {"NamespaceId": w.namespace},
        label="api-only",
    ),
    Case(
        "aws:appautoscaling/target:Target",
        lambda w: {
            "resourceId": w.scaled,
            "scalableDimension": "ecs:service:DesiredCount",
            "serviceNamespace": "ecs",
            "minCapacity": 2.0,
            "maxCapacity": 10.0,
            "tags": T1,
        },
        lambda w, id, outputs: {"id": id, "tags": outputs["tagsAll"]},
        lambda w: {"id": w.scaled, "tags": SEEN1},
        lambda w: {"maxCapacity": 5.0, "tags": T2},
        lambda w: {"tags": SEEN2},
        stays=True,
    ),
    Case(
        "aws:appautoscaling/policy:Policy",
        lambda w: {
            "name": "cpu",
            "policyType": "TargetTrackingScaling",
            "resourceId": w.scaled,
            "scalableDimension": "ecs:service:DesiredCount",
            "serviceNamespace": "ecs",
            "targetTrackingScalingPolicyConfiguration": {
                "targetValue": 100.0,
                "scaleInCooldown": 300.0,
                "scaleOutCooldown": 60.0,
                "disableScaleIn": True,
                "predefinedMetricSpecification": {
                    "predefinedMetricType": "ALBRequestCountPerTarget",
                    "resourceLabel": "app/front/0123/targetgroup/web/4567",
                },
            },
        },
        _nothing,
        lambda w: {"id": "cpu"},
        stays=True,
    ),
]
