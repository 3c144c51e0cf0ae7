"""What pulumi_aws declares for a type, and which of its outputs no provider tells."""

import importlib
import keyword
import warnings

NOT_TOLD: dict[str, str] = {
    "externalId": "no role is assumed by way of another",
    "associationId": "the emulator associates no network interface",
    "carrierIp": "no carrier network",
    "customerOwnedIp": "no outpost",
    "instance": "addresses are for NAT gateways only",
    "instanceId": "routes lead to gateways only",
    "instanceOwnerId": "routes lead to gateways only",
    "networkInterface": "the emulator makes none",
    "networkInterfaceId": "the emulator makes none",
    "networkInterfaceIds": "the emulator makes none",
    "privateDns": "the address has no interface",
    "privateIp": "the address has no interface",
    "ptrRecord": "no reverse DNS",
    "ipv6AssociationId": "no IPv6 ranges",
    "ipv6CidrBlock": "no IPv6 ranges",
    "ipv6CidrBlockAssociationId": "no IPv6 ranges",
    "ipv6CidrBlockNetworkBorderGroup": "no IPv6 ranges",
    "autoProvisionZones": "zonal NAT gateways only",
    "autoScalingIps": "zonal NAT gateways only",
    "regionalNatGatewayAddresses": "zonal NAT gateways only",
    "regionalNatGatewayAutoMode": "zonal NAT gateways only",
    "routeTableId": "zonal NAT gateways only",
    "cidrBlocks": "the emulator has no prefix lists",
    "prefixListId": "the emulator has no prefix lists",
    "dnsEntries": "gateway endpoints have none",
    "requesterManaged": "never",
    "alarmArns": "recorded only: nothing makes the alarms",
    "slackChannelName": "nobody asks Slack",
    "slackTeamName": "nobody asks Slack",
    "attachmentCount": "known to a refresh only",
    "pendingRenewal": "no certificate is renewed",
    "renewalEligibility": "no certificate is renewed",
    "renewalSummaries": "no certificate is renewed",
    "validationEmails": "validated by DNS only",
    "primaryNameServer": "the emulator has no primary",
    "hasValueWo": "write-only values are not served",
    "hasSecretStringWo": "write-only values are not served",
    "beginningArchiveTime": "standard topics have no archive",
    "confirmationWasAuthenticated": "known to a refresh only",
    "namePrefix": "never set by an explicit name",
    "websiteDomain": "buckets are no web sites",
    "websiteEndpoint": "buckets are no web sites",
    "checksumCrc32": "no checksum algorithm can be chosen",
    "checksumCrc32c": "no checksum algorithm can be chosen",
    "checksumCrc64nvme": "no checksum algorithm can be chosen",
    "checksumSha1": "no checksum algorithm can be chosen",
    "checksumSha256": "no checksum algorithm can be chosen",
}
"""Outputs of Pulumi's resources that no provider returns, and why."""


def declared(token: str) -> tuple[set[str], set[str]]:
    """Inputs and outputs of pulumi_aws's class for this token, as on the wire."""
    package, _, name = token.removeprefix("aws:").partition("/")
    cls = name.partition(":")[2]
    # A package may not be called as a word of Python's: the SDK has lambda_.
    package += "_" * keyword.iskeyword(package)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # the SDK's own renamed types
        module = importlib.import_module(f"pulumi_aws.{package}")
        # Where a nested type is called BucketVersioningArgs already, the resource's are these.
        args = getattr(module, f"{cls}InitArgs", None) or getattr(module, f"{cls}Args")
        return _wire(args), _wire(getattr(module, cls))


def _wire(cls: type) -> set[str]:
    """Wire names of a generated class's properties."""
    getters = {name: item.fget for name, item in vars(cls).items() if isinstance(item, property)}
    return {getattr(getter, "_pulumi_name", name) for name, getter in getters.items()}
