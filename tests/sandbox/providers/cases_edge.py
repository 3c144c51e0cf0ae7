"""Lives of load balancers, certificates, names and what stores values."""

import json
from collections.abc import Mapping
from typing import Any

from sandbox.providers.base import Outputs

from .cases_apps import unless_gone
from .cases_ec2 import SEEN1, SEEN2, T1, T2
from .world import Case, World, resource_policy, tags_of


def _elb_tags(world: World, arn: str) -> dict[str, str]:
    found = world.client("elbv2").describe_tags(ResourceArns=[arn])["TagDescriptions"]
    return tags_of(found[0]["Tags"])


@unless_gone
def _balancer(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    elb = world.client("elbv2")
    balancer = elb.describe_load_balancers(LoadBalancerArns=[id])["LoadBalancers"][0]
    attributes = elb.describe_load_balancer_attributes(LoadBalancerArn=id)["Attributes"]
    assert outputs["dnsName"] == balancer["DNSName"]
    assert id.endswith(f"loadbalancer/{outputs['arnSuffix']}")
    return {
        **balancer,
        "zones": sorted(zone["SubnetId"] for zone in balancer["AvailabilityZones"]),
        "attributes": tags_of(attributes),
        "tags": _elb_tags(world, id),
    }


@unless_gone
def _target_group(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    elb = world.client("elbv2")
    group = elb.describe_target_groups(TargetGroupArns=[id])["TargetGroups"][0]
    attributes = elb.describe_target_group_attributes(TargetGroupArn=id)["Attributes"]
    assert id.endswith(outputs["arnSuffix"])
    assert outputs["arnSuffix"].startswith("targetgroup/")
    return {**group, "attributes": tags_of(attributes), "tags": _elb_tags(world, id)}


def _listener(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    found = world.client("elbv2").describe_listeners(ListenerArns=[id])["Listeners"]
    return {**found[0], "tags": _elb_tags(world, id)} if found else None


def _rule(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    found = world.client("elbv2").describe_rules(RuleArns=[id])["Rules"]
    if not found:
        return None
    conditions = {
        item["Field"]: item.get("HttpHeaderConfig", item)["Values"]
        for item in found[0]["Conditions"]
    }
    return {**found[0], "when": conditions, "tags": _elb_tags(world, id)}


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


@unless_gone
def _parameter(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    ssm = world.client("ssm")
    value = ssm.get_parameter(Name=id, WithDecryption=True)["Parameter"]
    filters = [{"Key": "Name", "Values": [id]}]
    about = ssm.describe_parameters(ParameterFilters=filters)["Parameters"][0]
    tags = ssm.list_tags_for_resource(ResourceType="Parameter", ResourceId=id)["TagList"]
    assert value["Version"] == outputs["version"]
    return {**about, **value, "tags": tags_of(tags)}


@unless_gone
def _secret(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    found = world.client("secretsmanager").describe_secret(SecretId=id)
    if "DeletedDate" in found:
        return None
    return {**found, "tags": tags_of(found.get("Tags", []))}


@unless_gone
def _value(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    secrets = world.client("secretsmanager")
    return dict(secrets.get_secret_value(SecretId=outputs["arn"], VersionId=outputs["versionId"]))


def _key(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    kms = world.client("kms")
    found = kms.describe_key(KeyId=id)["KeyMetadata"]
    if found["KeyState"] == "PendingDeletion":
        return None
    return {
        **found,
        "policy": json.loads(kms.get_key_policy(KeyId=id, PolicyName="default")["Policy"]),
        "rotates": kms.get_key_rotation_status(KeyId=id)["KeyRotationEnabled"],
        "tags": tags_of(kms.list_resource_tags(KeyId=id)["Tags"], "TagKey", "TagValue"),
    }


def _alias(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    for alias in world.client("kms").list_aliases()["Aliases"]:
        if alias["AliasName"] == id:
            return {"to": alias["TargetKeyId"], "prefix": id[:9]}
    return None


@unless_gone
def _topic(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    sns = world.client("sns")
    attributes = sns.get_topic_attributes(TopicArn=id)["Attributes"]
    tags = sns.list_tags_for_resource(ResourceArn=id)["Tags"]
    return {
        "name": id.rpartition(":")[2],
        "display": attributes.get("DisplayName", ""),
        "key": attributes.get("KmsMasterKeyId", ""),
        "policy": json.loads(attributes["Policy"]),
        "tags": tags_of(tags),
    }


@unless_gone
def _subscription(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    return dict(world.client("sns").get_subscription_attributes(SubscriptionArn=id)["Attributes"])


def _nothing(world: World, id: str, outputs: Outputs) -> Mapping[str, Any] | None:
    """A type without an object of its own."""
    return {"id": id}


def _forward(world: World, index: int) -> list[dict[str, Any]]:
    return [{"type": "forward", "targetGroupArn": world.target_groups[index]}]


QUEUE = "arn:aws:sqs:us-east-1:123456789012:orders"

CASES = [
    Case(
        "aws:lb/loadBalancer:LoadBalancer",
        lambda w: {
            "name": "front",
            "loadBalancerType": "application",
            "internal": True,
            "ipAddressType": "ipv4",
            "securityGroups": w.groups[:1],
            "subnets": w.subnets[:2],
            "dropInvalidHeaderFields": True,
            "idleTimeout": 90.0,
            "enableDeletionProtection": True,
            "enableHttp2": False,
            "desyncMitigationMode": "strictest",
            "preserveHostHeader": True,
            "xffHeaderProcessingMode": "preserve",
            "tags": T1,
        },
        _balancer,
        lambda w: {
            "LoadBalancerName": "front",
            "Type": "application",
            "Scheme": "internal",
            "IpAddressType": "ipv4",
            "SecurityGroups": w.groups[:1],
            "zones": sorted(w.subnets[:2]),
            "attributes": {
                "deletion_protection.enabled": "true",
                "idle_timeout.timeout_seconds": "90",
                "routing.http.drop_invalid_header_fields.enabled": "true",
                "routing.http.desync_mitigation_mode": "strictest",
                "routing.http.preserve_host_header.enabled": "true",
                "routing.http.xff_header_processing.mode": "preserve",
                "routing.http2.enabled": "false",
            },
            "tags": SEEN1,
        },
        lambda w: {
            "ipAddressType": "dualstack",
            "securityGroups": w.groups[1:],
            "subnets": w.subnets[1:],
            "enableDeletionProtection": False,
            "idleTimeout": None,
            "tags": T2,
        },
        lambda w: {
            "IpAddressType": "dualstack",
            "SecurityGroups": w.groups[1:],
            "zones": sorted(w.subnets[1:]),
            "attributes": {
                "deletion_protection.enabled": "false",
                "idle_timeout.timeout_seconds": "60",
            },
            "tags": SEEN2,
        },
    ),
    Case(
        "aws:lb/loadBalancer:LoadBalancer",
        lambda w: {"namePrefix": "pre-", "subnets": w.subnets[:2]},
        lambda w, id, o: (
            (seen := _balancer(w, id, o))
            and {"prefix": seen["LoadBalancerName"][:4], "Scheme": seen["Scheme"]}
        ),
        lambda w: {"prefix": "pre-", "Scheme": "internet-facing"},
        label="prefix",
    ),
    Case(
        "aws:lb/targetGroup:TargetGroup",
        lambda w: {
            "name": "front-group",
            "port": 5000.0,
            "protocol": "HTTP",
            "protocolVersion": "HTTP1",
            "vpcId": w.vpc,
            "targetType": "ip",
            "deregistrationDelay": 30.0,
            "slowStart": 30.0,
            "loadBalancingAlgorithmType": "least_outstanding_requests",
            "healthCheck": {
                "enabled": True,
                "path": "/health",
                "port": "traffic-port",
                "protocol": "HTTP",
                "interval": 10.0,
                "timeout": 4.0,
                "healthyThreshold": 2.0,
                "unhealthyThreshold": 3.0,
                "matcher": "200-299",
            },
            "stickiness": {
                "type": "app_cookie",
                "enabled": True,
                "cookieDuration": 60.0,
                "cookieName": "SHOP",
            },
            "tags": T1,
        },
        _target_group,
        lambda w: {
            "TargetGroupName": "front-group",
            "Port": 5000,
            "Protocol": "HTTP",
            "VpcId": w.vpc,
            "TargetType": "ip",
            "HealthCheckEnabled": True,
            "HealthCheckPath": "/health",
            "HealthCheckPort": "traffic-port",
            "HealthCheckProtocol": "HTTP",
            "HealthCheckIntervalSeconds": 10,
            "HealthCheckTimeoutSeconds": 4,
            "HealthyThresholdCount": 2,
            "UnhealthyThresholdCount": 3,
            "Matcher": {"HttpCode": "200-299"},
            "attributes": {
                "deregistration_delay.timeout_seconds": "30",
                "slow_start.duration_seconds": "30",
                "load_balancing.algorithm.type": "least_outstanding_requests",
                "stickiness.enabled": "true",
                "stickiness.type": "app_cookie",
                "stickiness.app_cookie.duration_seconds": "60",
                "stickiness.app_cookie.cookie_name": "SHOP",
            },
            "tags": SEEN1,
        },
        lambda w: {
            "healthCheck": {"path": "/ready", "matcher": "200"},
            "deregistrationDelay": 5.0,
            "slowStart": None,
            "stickiness": None,
            "tags": T2,
        },
        lambda w: {
            "HealthCheckPath": "/ready",
            "HealthCheckIntervalSeconds": 30,
            "Matcher": {"HttpCode": "200"},
            "attributes": {
                "deregistration_delay.timeout_seconds": "5",
                "slow_start.duration_seconds": "0",
                "stickiness.enabled": "false",
            },
            "tags": SEEN2,
        },
    ),
    Case(
        "aws:lb/targetGroup:TargetGroup",
        lambda w: {"namePrefix": "pre-", "port": 80, "protocol": "HTTP", "vpcId": w.vpc},
        lambda w, id, o: (
            (seen := _target_group(w, id, o)) and {"prefix": seen["TargetGroupName"][:4]}
        ),
        lambda w: {"prefix": "pre-"},
        label="prefix",
    ),
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
        _rule,
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
        _rule,
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
            "vpcs": [{"vpcId": w.vpc, "vpcRegion": "us-east-1"}],
            "forceDestroy": True,
            "tags": T1,
        },
        _zone,
        lambda w: {
            "name": "private.example.com.",
            "comment": "one",
            "private": True,
            "vpcs": [w.vpc],
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
    ),  # fmt: skip
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
    Case(
        "aws:ssm/parameter:Parameter",
        lambda w: {
            "name": "/shop/key",
            "type": "SecureString",
            "value": "abc",
            "description": "one",
            "allowedPattern": "^[a-z]+$",
            "keyId": w.keys[0],
            "tier": "Advanced",
            "tags": T1,
        },
        _parameter,
        lambda w: {
            "Name": "/shop/key",
            "Type": "SecureString",
            "Value": "abc",
            "Description": "one",
            "AllowedPattern": "^[a-z]+$",
            "KeyId": w.keys[0],
            "Tier": "Advanced",
            "Version": 1,
            "tags": SEEN1,
        },
        lambda w: {"value": "xyz", "description": "two", "tags": T2},
        lambda w: {"Value": "xyz", "Description": "two", "Version": 2, "tags": SEEN2},
    ),
    Case(
        "aws:secretsmanager/secret:Secret",
        lambda w: {
            "name": "shop/secret",
            "description": "one",
            "kmsKeyId": w.keys[0],
            "recoveryWindowInDays": 7.0,
            "tags": T1,
        },
        _secret,
        lambda w: {
            "Name": "shop/secret",
            "Description": "one",
            "KmsKeyId": w.keys[0],
            "tags": SEEN1,
        },
        lambda w: {"description": "two", "recoveryWindowInDays": 0.0, "tags": T2},
        lambda w: {"Description": "two", "tags": SEEN2},
    ),
    Case(
        "aws:secretsmanager/secret:Secret",
        lambda w: {"namePrefix": "pre-", "recoveryWindowInDays": 0},
        lambda w, id, o: (seen := _secret(w, id, o)) and {"prefix": seen["Name"][:4]},
        lambda w: {"prefix": "pre-"},
        label="prefix",
    ),
    Case(
        "aws:secretsmanager/secretVersion:SecretVersion",
        lambda w: {"secretId": w.secret, "secretString": "hunter2"},
        _value,
        lambda w: {"SecretString": "hunter2"},
        stays=True,
    ),
    Case(
        "aws:kms/key:Key",
        lambda w: {
            "description": "one",
            "keyUsage": "ENCRYPT_DECRYPT",
            "policy": resource_policy("kms:*"),
            "isEnabled": False,
            "enableKeyRotation": True,
            "deletionWindowInDays": 7.0,
            "tags": T1,
        },
        _key,
        lambda w: {
            "Description": "one",
            "KeyUsage": "ENCRYPT_DECRYPT",
            "Enabled": False,
            "rotates": True,
            "policy": json.loads(resource_policy("kms:*")),
            "tags": SEEN1,
        },
        lambda w: {
            "description": "two",
            "policy": resource_policy("kms:Encrypt"),
            "isEnabled": True,
            "enableKeyRotation": False,
            "tags": T2,
        },
        lambda w: {
            "Description": "two",
            "Enabled": True,
            "rotates": False,
            "policy": json.loads(resource_policy("kms:Encrypt")),
            "tags": SEEN2,
        },
    ),
    Case(
        "aws:kms/alias:Alias",
        lambda w: {"name": "alias/shop", "targetKeyId": w.keys[0]},
        _alias,
        lambda w: {"to": w.keys[0]},
        lambda w: {"targetKeyId": w.keys[1]},
        lambda w: {"to": w.keys[1]},
    ),
    Case(
        "aws:kms/alias:Alias",
        lambda w: {"namePrefix": "alias/pre", "targetKeyId": w.keys[0]},
        _alias,
        lambda w: {"prefix": "alias/pre"},
        label="prefix",
    ),
    Case(
        "aws:sns/topic:Topic",
        lambda w: {
            "name": "orders",
            "displayName": "one",
            "policy": resource_policy("sns:Publish"),
            "kmsMasterKeyId": w.keys[0],
            "tags": T1,
        },
        _topic,
        lambda w: {
            "name": "orders",
            "display": "one",
            "key": w.keys[0],
            "policy": json.loads(resource_policy("sns:Publish")),
            "tags": SEEN1,
        },
        lambda w: {"displayName": "two", "kmsMasterKeyId": None, "tags": T2},
        lambda w: {"display": "two", "key": "", "tags": SEEN2},
    ),
    Case(
        "aws:sns/topic:Topic",
        lambda w: {"namePrefix": "pre-"},
        lambda w, id, o: (seen := _topic(w, id, o)) and {"prefix": seen["name"][:4]},
        lambda w: {"prefix": "pre-"},
        label="prefix",
    ),
    Case(
        "aws:sns/topicSubscription:TopicSubscription",
        lambda w: {
            "topic": w.topic,
            "protocol": "sqs",
            "endpoint": QUEUE,
            "filterPolicy": '{"kind": ["order"]}',
            "filterPolicyScope": "MessageBody",
            "rawMessageDelivery": True,
            "redrivePolicy": json.dumps({"deadLetterTargetArn": QUEUE + "-dead"}),
        },
        _subscription,
        lambda w: {
            "TopicArn": w.topic,
            "Protocol": "sqs",
            "Endpoint": QUEUE,
            "FilterPolicy": '{"kind": ["order"]}',
            "FilterPolicyScope": "MessageBody",
            "RawMessageDelivery": "true",
            "RedrivePolicy": json.dumps({"deadLetterTargetArn": QUEUE + "-dead"}),
        },
        lambda w: {"filterPolicy": '{"kind": ["refund"]}', "rawMessageDelivery": False},
        lambda w: {"FilterPolicy": '{"kind": ["refund"]}', "RawMessageDelivery": "false"},
    ),
]
