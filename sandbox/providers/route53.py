"""Hosted zones and records. Nothing in the sandbox resolves names by them."""

import uuid
from collections.abc import Mapping
from typing import Any, ClassVar

from .base import Context, Inputs, Outputs, Provider, Tagged
from .common import ignoring, one_of, pairs, tag_changes, within

_TYPES = ("A", "AAAA", "CAA", "CNAME", "DS", "HTTPS", "MX", "NAPTR", "NS", "PTR", "SOA", "SPF")
_MORE_TYPES = ("SRV", "SSHFP", "SVCB", "TLSA", "TXT")


class ZoneVpc(Inputs):
    """A VPC that sees a private zone."""

    vpc_id: str
    vpc_region: str | None = None


class ZoneInputs(Tagged):
    """Inputs of a hosted zone."""

    name: str
    comment: str = "Managed by Pulumi"
    vpcs: list[ZoneVpc] = []
    force_destroy: bool = False


class Zone(Provider[ZoneInputs]):
    """A hosted zone, private when it names VPCs."""

    token = "aws:route53/zone:Zone"
    inputs = ZoneInputs
    replaces = frozenset({"name", "vpcs"})
    outputs = frozenset({"arn", "zoneId", "name", "nameServers", "tagsAll"})

    def create(self, name: str, inputs: ZoneInputs) -> tuple[str, Outputs]:
        route53, tags = self.context.client("route53"), self.tags(inputs)
        places = [
            {"VPCId": vpc.vpc_id, "VPCRegion": vpc.vpc_region or self.context.region}
            for vpc in inputs.vpcs
        ]
        made = route53.create_hosted_zone(
            Name=inputs.name,
            CallerReference=str(uuid.uuid4()),
            HostedZoneConfig={"Comment": inputs.comment, "PrivateZone": bool(places)},
            **({"VPC": places[0]} if places else {}),
        )
        id = made["HostedZone"]["Id"].rpartition("/")[2]
        for place in places[1:]:
            route53.associate_vpc_with_hosted_zone(HostedZoneId=id, VPC=place)
        servers = sorted(made.get("DelegationSet", {}).get("NameServers", []))
        self._retag(id, {}, tags)
        return id, {
            "arn": f"arn:aws:route53:::hostedzone/{id}",
            "zoneId": id,
            "name": inputs.name.rstrip("."),
            "nameServers": servers,
            "forceDestroy": inputs.force_destroy,
            "tagsAll": tags,
        }

    def update(self, id: str, old: ZoneInputs, new: ZoneInputs, outputs: Outputs) -> Outputs:
        self.context.client("route53").update_hosted_zone_comment(Id=id, Comment=new.comment)
        self._retag(id, outputs, self.tags(new))
        return outputs | {"tagsAll": self.tags(new), "forceDestroy": new.force_destroy}

    def delete(self, id: str, outputs: Outputs) -> None:
        route53 = self.context.client("route53")
        with ignoring("NoSuchHostedZone"):
            if outputs["forceDestroy"]:
                records = route53.list_resource_record_sets(HostedZoneId=id)["ResourceRecordSets"]
                apex = f"{outputs['name']}."
                for record in records:
                    if record["Name"] != apex or record["Type"] not in ("NS", "SOA"):
                        _change(route53, id, "DELETE", record)
            route53.delete_hosted_zone(Id=id)

    def _retag(self, id: str, outputs: Outputs, wanted: dict[str, str]) -> None:
        put, drop = tag_changes(outputs, wanted)
        if put or drop:
            self.context.client("route53").change_tags_for_resource(
                ResourceType="hostedzone",
                ResourceId=id,
                **({"AddTags": pairs(put)} if put else {}),
                **({"RemoveTagKeys": drop} if drop else {}),
            )


class Alias(Inputs):
    """Another AWS resource that answers for the name."""

    name: str
    zone_id: str
    evaluate_target_health: bool


class RecordInputs(Inputs):
    """Inputs of a record."""

    zone_id: str
    name: str
    type: str
    ttl: int | None = None
    records: list[str] | None = None
    aliases: list[Alias] = []
    allow_overwrite: bool = False


class Record(Provider[RecordInputs]):
    """A record: values with a time to live, or an alias."""

    token = "aws:route53/record:Record"
    inputs = RecordInputs
    replaces = frozenset({"zoneId", "name", "type"})
    outputs = frozenset({"fqdn", "name"})
    inert: ClassVar[Mapping[str, str]] = {
        "ttl": "stored; nothing resolves names by the zone",
        "records": "stored; nothing resolves names by the zone",
        "aliases": "stored; nothing resolves names by the zone",
    }

    def check(self, name: str, properties: Mapping[str, Any]) -> RecordInputs:
        inputs = super().check(name, properties)
        one_of("type", inputs.type, (*_TYPES, *_MORE_TYPES))
        if bool(inputs.aliases) == bool(inputs.records):
            raise ValueError("a record needs either records with a ttl, or one alias.")
        if inputs.aliases and (inputs.ttl is not None or len(inputs.aliases) > 1):
            raise ValueError("a record takes one alias, without ttl.")
        if inputs.records:
            if inputs.ttl is None:
                raise ValueError("records need a ttl.")
            within("ttl", inputs.ttl, 0, 2147483647)
        return inputs

    def create(self, name: str, inputs: RecordInputs) -> tuple[str, Outputs]:
        route53 = self.context.client("route53")
        zone = route53.get_hosted_zone(Id=inputs.zone_id)["HostedZone"]["Name"].rstrip(".")
        given = inputs.name.rstrip(".")
        inside = given == zone or given.endswith(f".{zone}")
        fqdn = given if inside else f"{given}.{zone}" if given else zone
        record = _record(fqdn, inputs)
        _change(route53, inputs.zone_id, "UPSERT" if inputs.allow_overwrite else "CREATE", record)
        return f"{inputs.zone_id}_{fqdn}_{inputs.type}", {
            "fqdn": fqdn,
            "name": inputs.name,
            "record": record,
            "zoneId": inputs.zone_id,
        }

    def update(self, id: str, old: RecordInputs, new: RecordInputs, outputs: Outputs) -> Outputs:
        record = _record(outputs["fqdn"], new)
        _change(self.context.client("route53"), new.zone_id, "UPSERT", record)
        return outputs | {"record": record}

    def delete(self, id: str, outputs: Outputs) -> None:
        route53, zone = self.context.client("route53"), outputs["zoneId"]
        with ignoring("NoSuchHostedZone"):
            records = route53.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
            names = {(record["Name"].rstrip("."), record["Type"]) for record in records}
            if (outputs["fqdn"], outputs["record"]["Type"]) in names:
                _change(route53, zone, "DELETE", outputs["record"])


def _record(fqdn: str, inputs: RecordInputs) -> dict[str, Any]:
    record: dict[str, Any] = {"Name": fqdn, "Type": inputs.type}
    if inputs.aliases:
        alias = inputs.aliases[0]
        record["AliasTarget"] = {
            "DNSName": alias.name,
            "HostedZoneId": alias.zone_id,
            "EvaluateTargetHealth": alias.evaluate_target_health,
        }
    else:
        record["TTL"] = inputs.ttl
        record["ResourceRecords"] = [{"Value": value} for value in inputs.records or []]
    return record


def _change(route53: Any, zone: str, action: str, record: Mapping[str, Any]) -> None:
    route53.change_resource_record_sets(
        HostedZoneId=zone,
        ChangeBatch={"Changes": [{"Action": action, "ResourceRecordSet": record}]},
    )


def _get_zone(context: Context, args: Mapping[str, Any]) -> dict[str, Any]:
    """``aws.route53.get_zone`` by ``zoneId`` or ``name``."""
    route53 = context.client("route53")
    zones = route53.list_hosted_zones()["HostedZones"]
    wanted = str(args.get("name") or "").rstrip(".")
    for zone in zones:
        id = zone["Id"].rpartition("/")[2]
        private = zone["Config"]["PrivateZone"]
        if id == args.get("zoneId") or (
            zone["Name"].rstrip(".") == wanted and private == bool(args.get("privateZone"))
        ):
            found = route53.get_hosted_zone(Id=id)
            return {
                "id": id,
                "zoneId": id,
                "arn": f"arn:aws:route53:::hostedzone/{id}",
                "name": zone["Name"].rstrip("."),
                "privateZone": private,
                "comment": zone["Config"].get("Comment", ""),
                "callerReference": zone["CallerReference"],
                "resourceRecordSetCount": zone["ResourceRecordSetCount"],
                "nameServers": found.get("DelegationSet", {}).get("NameServers", []),
            }
    raise ValueError(f"no hosted zone matches {dict(args)}.")


INVOKES = {"aws:route53/getZone:getZone": _get_zone}
