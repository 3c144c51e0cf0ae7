"""The ways in and out of a VPC: internet gateways, elastic addresses, NAT gateways."""

from collections.abc import Mapping
from typing import Any, ClassVar

from .base import Outputs, Provider, Tagged
from .common import ignoring, one_of, present, until
from .ec2_network import retag, tagged


class GatewayInputs(Tagged):
    """Inputs of an internet gateway."""

    vpc_id: str | None = None


class InternetGateway(Provider[GatewayInputs]):
    """An internet gateway, attached to one VPC or none."""

    token = "aws:ec2/internetGateway:InternetGateway"
    inputs = GatewayInputs
    outputs = frozenset({"arn", "ownerId", "tagsAll"})

    def create(self, name: str, inputs: GatewayInputs) -> tuple[str, Outputs]:
        ec2, tags = self.context.client("ec2"), self.tags(inputs)
        gateway = ec2.create_internet_gateway(**tagged("internet-gateway", tags))
        id = gateway["InternetGateway"]["InternetGatewayId"]
        self._move(id, None, inputs.vpc_id)
        owner = gateway["InternetGateway"]["OwnerId"]
        return id, {
            "arn": f"arn:aws:ec2:{self.context.region}:{owner}:internet-gateway/{id}",
            "ownerId": owner,
            "tagsAll": tags,
        }

    def update(self, id: str, old: GatewayInputs, new: GatewayInputs, outputs: Outputs) -> Outputs:
        self._move(id, old.vpc_id, new.vpc_id)
        return outputs | retag(self.context.client("ec2"), id, outputs, self.tags(new))

    def delete(self, id: str, outputs: Outputs) -> None:
        ec2 = self.context.client("ec2")
        with ignoring("InvalidInternetGatewayID.NotFound"):
            gateway = ec2.describe_internet_gateways(InternetGatewayIds=[id])["InternetGateways"][0]
            for attachment in gateway["Attachments"]:
                self._move(id, attachment["VpcId"], None)
            ec2.delete_internet_gateway(InternetGatewayId=id)

    def _move(self, id: str, old: str | None, new: str | None) -> None:
        ec2 = self.context.client("ec2")
        if old and old != new:
            ec2.detach_internet_gateway(InternetGatewayId=id, VpcId=old)
        if new and old != new:
            ec2.attach_internet_gateway(InternetGatewayId=id, VpcId=new)


class EipInputs(Tagged):
    """Inputs of an elastic IP address."""

    domain: str = "vpc"


class Eip(Provider[EipInputs]):
    """An elastic IP address for a NAT gateway."""

    token = "aws:ec2/eip:Eip"
    inputs = EipInputs
    replaces = frozenset({"domain"})
    outputs = frozenset({"allocationId", "publicIp", "publicDns", "arn", "tagsAll"})

    def check(self, name: str, properties: Mapping[str, Any]) -> EipInputs:
        inputs = super().check(name, properties)
        one_of("domain", inputs.domain, ("vpc",))
        return inputs

    def create(self, name: str, inputs: EipInputs) -> tuple[str, Outputs]:
        tags, region = self.tags(inputs), self.context.region
        address = self.context.client("ec2").allocate_address(
            Domain=inputs.domain, **tagged("elastic-ip", tags)
        )
        id, public = address["AllocationId"], address["PublicIp"]
        zone = "compute-1" if region == "us-east-1" else f"{region}.compute"
        return id, {
            "allocationId": id,
            "publicIp": public,
            "publicDns": f"ec2-{public.replace('.', '-')}.{zone}.amazonaws.com",
            "arn": f"arn:aws:ec2:{region}:{self.context.account}:elastic-ip/{id}",
            "tagsAll": tags,
        }

    def update(self, id: str, old: EipInputs, new: EipInputs, outputs: Outputs) -> Outputs:
        return outputs | retag(self.context.client("ec2"), id, outputs, self.tags(new))

    def delete(self, id: str, outputs: Outputs) -> None:
        with ignoring("InvalidAllocationID.NotFound"):
            self.context.client("ec2").release_address(AllocationId=id)


class NatInputs(Tagged):
    """Inputs of a NAT gateway."""

    subnet_id: str
    allocation_id: str | None = None
    connectivity_type: str = "public"


class NatGateway(Provider[NatInputs]):
    """A zonal NAT gateway."""

    token = "aws:ec2/natGateway:NatGateway"
    inputs = NatInputs
    replaces = frozenset({"subnetId", "allocationId", "connectivityType"})
    outputs = frozenset({"tagsAll"})
    inert: ClassVar[Mapping[str, str]] = {
        "subnetId": "stored; the sandbox translates no addresses",
        "allocationId": "stored; the sandbox translates no addresses",
        "connectivityType": "stored; the sandbox translates no addresses",
    }

    def check(self, name: str, properties: Mapping[str, Any]) -> NatInputs:
        inputs = super().check(name, properties)
        one_of("connectivityType", inputs.connectivity_type, ("public", "private"))
        if (inputs.connectivity_type == "public") != (inputs.allocation_id is not None):
            raise ValueError(
                f"connectivityType={inputs.connectivity_type!r} with "
                f"allocationId={inputs.allocation_id!r}: a public NAT gateway needs an elastic "
                "address, a private one has none."
            )
        return inputs

    def create(self, name: str, inputs: NatInputs) -> tuple[str, Outputs]:
        ec2, tags = self.context.client("ec2"), self.tags(inputs)
        address: Outputs = {}
        if inputs.allocation_id is not None:
            found = ec2.describe_addresses(AllocationIds=[inputs.allocation_id])["Addresses"]
            if not found:
                raise ValueError(f"allocationId={inputs.allocation_id!r} does not exist.")
            address = {"publicIp": found[0]["PublicIp"]}
        gateway = ec2.create_nat_gateway(
            SubnetId=inputs.subnet_id,
            ConnectivityType=inputs.connectivity_type,
            **present(AllocationId=inputs.allocation_id),
            **tagged("natgateway", tags),
        )["NatGateway"]
        id = gateway["NatGatewayId"]
        until(lambda: self._state(id) == "available", seconds=60, what=f"NAT gateway {id}")
        return id, {"tagsAll": tags, "vpcId": gateway["VpcId"], **address}

    def update(self, id: str, old: NatInputs, new: NatInputs, outputs: Outputs) -> Outputs:
        return outputs | retag(self.context.client("ec2"), id, outputs, self.tags(new))

    def delete(self, id: str, outputs: Outputs) -> None:
        with ignoring("NatGatewayNotFound"):
            self.context.client("ec2").delete_nat_gateway(NatGatewayId=id)
        gone = ("deleted", "missing")
        until(lambda: self._state(id) in gone, seconds=60, what=f"the end of NAT gateway {id}")

    def _state(self, id: str) -> str:
        gateways = self.context.client("ec2").describe_nat_gateways(NatGatewayIds=[id])
        return next((str(nat["State"]) for nat in gateways["NatGateways"]), "missing")
