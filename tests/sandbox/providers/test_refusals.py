"""What AWS refuses after a look at what exists: refused here as well, and undone."""

from typing import Any

import pytest

from .world import TRUST, World, policy

pytestmark = pytest.mark.sandbox

SUBNET = "aws:ec2/subnet:Subnet"
INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
BALANCER = "aws:lb/loadBalancer:LoadBalancer"
RULE = "aws:lb/listenerRule:ListenerRule"
CONDITIONS = [{"pathPattern": {"values": ["/"]}}]


def test_a_subnet_outside_its_vpc_is_refused(world: World) -> None:
    with pytest.raises(ValueError, match=r"outside the range 10\.0\.0\.0/16"):
        world.make(SUBNET, vpcId=world.vpc, cidrBlock="10.1.0.0/24")


def test_a_subnet_over_another_is_refused(world: World) -> None:
    assert world.subnets
    with pytest.raises(ValueError, match=r"overlaps 10\.0\.1\.0/24"):
        world.make(SUBNET, vpcId=world.vpc, cidrBlock="10.0.1.128/25")


def test_two_vpcs_may_have_the_same_addresses(world: World) -> None:
    assert world.subnets
    vpc = world.make("aws:ec2/vpc:Vpc", cidrBlock="10.0.0.0/16")[0]
    assert world.make(SUBNET, vpcId=vpc, cidrBlock="10.0.1.0/24")


def test_a_second_route_to_the_same_place_is_refused(world: World) -> None:
    route = {
        "routeTableId": world.route_tables[1],
        "destinationCidrBlock": "0.0.0.0/0",
        "gatewayId": world.gateway,
    }
    world.make("aws:ec2/route:Route", **route)
    with pytest.raises(ValueError, match=r"already has a route to 0\.0\.0\.0/0"):
        world.make("aws:ec2/route:Route", **route)


def test_two_tables_may_have_a_route_to_the_same_place(world: World) -> None:
    for table in world.route_tables:
        world.make(
            "aws:ec2/route:Route",
            routeTableId=table,
            destinationCidrBlock="198.51.100.0/24",
            gatewayId=world.gateway,
        )


def test_an_internet_gateway_goes_without_touching_another(world: World) -> None:
    token = "aws:ec2/internetGateway:InternetGateway"
    vpcs = [world.make("aws:ec2/vpc:Vpc", cidrBlock="10.0.0.0/16")[0] for _ in "ab"]
    (kept, _), (leaves, outputs) = (world.make(token, vpcId=vpc) for vpc in vpcs)
    world.provider(token).delete(leaves, outputs)
    ec2 = world.client("ec2")
    found = ec2.describe_internet_gateways(InternetGatewayIds=[kept])["InternetGateways"][0]
    assert [item["VpcId"] for item in found["Attachments"]] == vpcs[:1]


def test_a_private_nat_gateway_needs_no_address(world: World) -> None:
    id = world.make(
        "aws:ec2/natGateway:NatGateway", subnetId=world.subnets[0], connectivityType="private"
    )[0]
    found = world.client("ec2").describe_nat_gateways(NatGatewayIds=[id])["NatGateways"][0]
    assert found["ConnectivityType"] == "private"


def test_a_subnet_takes_one_route_table(world: World) -> None:
    token = "aws:ec2/routeTableAssociation:RouteTableAssociation"
    first, second = world.route_tables
    id, outputs = world.make(token, routeTableId=first, subnetId=world.subnets[0])
    with pytest.raises(ValueError, match=f"already uses {first}"):
        world.make(token, routeTableId=second, subnetId=world.subnets[0])
    world.provider(token).delete(id, outputs)


def test_the_same_security_group_rule_twice_is_refused(world: World) -> None:
    rule = {
        "securityGroupId": world.groups[1],
        "ipProtocol": "tcp",
        "fromPort": 22,
        "toPort": 22,
        "cidrIpv4": "10.0.0.0/8",
    }
    world.make(INGRESS, **rule)
    with pytest.raises(ValueError, match="already has this ingress rule"):
        world.make(INGRESS, **rule)


def test_a_nat_gateway_needs_an_address_that_exists(world: World) -> None:
    with pytest.raises(ValueError, match="'eipalloc-none' does not exist"):
        world.make(
            "aws:ec2/natGateway:NatGateway",
            subnetId=world.subnets[0],
            allocationId="eipalloc-none",
        )


def test_a_load_balancer_needs_different_zones(world: World) -> None:
    twin = world.make(
        SUBNET, vpcId=world.vpc, cidrBlock="10.0.250.0/24", availabilityZone="us-east-1a"
    )[0]
    with pytest.raises(ValueError, match="at least two availability zones"):
        world.make(BALANCER, subnets=[world.subnets[0], twin])
    provider = world.provider(BALANCER)
    old, new = (
        provider.check("lb", {"subnets": subnets})
        for subnets in (world.subnets[:2], [world.subnets[0], twin])
    )
    id, outputs = provider.create("zones", old)
    with pytest.raises(ValueError, match="at least two availability zones"):
        provider.update(id, old, new, outputs)


def test_a_protected_load_balancer_is_not_deleted(world: World) -> None:
    subnets = world.subnets[:2]
    id, outputs = world.make(BALANCER, "kept", subnets=subnets, enableDeletionProtection=True)
    provider = world.provider(BALANCER)
    with pytest.raises(ValueError, match="enableDeletionProtection=True"):
        provider.delete(id, outputs)
    assert world.client("elbv2").describe_load_balancers(LoadBalancerArns=[id])


def test_a_port_takes_one_listener(world: World) -> None:
    assert world.http_listener
    with pytest.raises(ValueError, match="port=8081 already has a listener"):
        world.listener(8081)


def test_another_load_balancer_may_have_the_same_port_and_priority(world: World) -> None:
    assert world.http_listener
    other = world.make(BALANCER, "other", subnets=world.subnets[:2])[0]
    forward = [{"type": "forward", "targetGroupArn": world.target_groups[1]}]
    listener = world.make(
        "aws:lb/listener:Listener", loadBalancerArn=other, port=8081, defaultActions=forward
    )[0]
    rule = {"actions": forward, "conditions": CONDITIONS, "priority": 30}
    world.make(RULE, listenerArn=world.http_listener, **rule)
    assert world.make(RULE, listenerArn=listener, **rule)[1]["priority"] == 30


def test_an_https_listener_needs_a_certificate_that_exists(world: World) -> None:
    missing = world.certificates[0][:-4] + "0000"
    with pytest.raises(world.client("acm").exceptions.ResourceNotFoundException):
        world.listener(9443, protocol="HTTPS", certificateArn=missing)


def test_an_extra_certificate_must_exist(world: World) -> None:
    with pytest.raises(world.client("acm").exceptions.ResourceNotFoundException):
        world.make(
            "aws:lb/listenerCertificate:ListenerCertificate",
            listenerArn=world.https_listener,
            certificateArn=world.certificates[0][:-4] + "0000",
        )


def test_an_extra_certificate_is_for_https_listeners(world: World) -> None:
    with pytest.raises(ValueError, match="is no HTTPS listener"):
        world.make(
            "aws:lb/listenerCertificate:ListenerCertificate",
            listenerArn=world.http_listener,
            certificateArn=world.certificates[0],
        )


def test_a_priority_belongs_to_one_rule(world: World) -> None:
    forward = [{"type": "forward", "targetGroupArn": world.target_groups[0]}]
    rule: dict[str, Any] = {
        "listenerArn": world.http_listener,
        "actions": forward,
        "conditions": CONDITIONS,
    }
    world.make(RULE, **rule, priority=7)
    with pytest.raises(ValueError, match="priority=7 is taken"):
        world.make(RULE, **rule, priority=7)
    assert world.make(RULE, **rule)[1]["priority"] > 7


def test_a_certificate_is_not_valid_without_its_records(world: World) -> None:
    with pytest.raises(ValueError, match="which ACM asks for"):
        world.make(
            "aws:acm/certificateValidation:CertificateValidation",
            certificateArn=world.certificates[1],
            validationRecordFqdns=["elsewhere.example.com"],
        )


def test_a_record_that_exists_is_replaced_only_when_allowed(world: World) -> None:
    token = "aws:route53/record:Record"
    record = {"zoneId": world.zone, "name": "once", "type": "A", "ttl": 60}
    world.make(token, **record, records=["192.0.2.1"])
    with pytest.raises(Exception, match="already exists"):
        world.make(token, **record, records=["192.0.2.2"])
    world.make(token, **record, records=["192.0.2.2"], allowOverwrite=True)


def test_a_policy_that_does_not_exist_is_not_attached(world: World) -> None:
    with pytest.raises(world.client("iam").exceptions.NoSuchEntityException):
        world.make(
            "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
            role=world.role["name"],
            policyArn="arn:aws:iam::123456789012:policy/none",
        )


@pytest.mark.parametrize("force", [False, True])
def test_a_role_with_the_policies_of_others_goes_only_by_force(world: World, force: bool) -> None:
    token = "aws:iam/role:Role"
    id, outputs = world.make(token, assumeRolePolicy=TRUST, forceDetachPolicies=force)
    world.client("iam").put_role_policy(
        RoleName=id, PolicyName="theirs", PolicyDocument=policy("s3:GetObject")
    )
    if force:
        world.provider(token).delete(id, outputs)
        return
    with pytest.raises(world.client("iam").exceptions.DeleteConflictException):
        world.provider(token).delete(id, outputs)


def test_a_role_takes_its_own_policies_along(world: World) -> None:
    token = "aws:iam/role:Role"
    id, outputs = world.make(
        token,
        assumeRolePolicy=TRUST,
        inlinePolicies=[{"name": "own", "policy": policy("s3:GetObject")}],
        managedPolicyArns=world.policies[:1],
    )
    world.provider(token).delete(id, outputs)
    with pytest.raises(world.client("iam").exceptions.NoSuchEntityException):
        world.client("iam").get_role(RoleName=id)


def test_a_permissions_boundary_moves_in_place(world: World) -> None:
    provider = world.provider("aws:iam/role:Role")
    first, second = (
        provider.check("r", {"assumeRolePolicy": TRUST, "permissionsBoundary": arn})
        for arn in world.policies
    )
    id, outputs = provider.create("bounded", first)
    provider.update(id, first, second, outputs)
    role = world.client("iam").get_role(RoleName=id)["Role"]
    assert role["PermissionsBoundary"]["PermissionsBoundaryArn"] == world.policies[1]


def test_a_policy_may_change_more_often_than_iam_keeps_versions(world: World) -> None:
    provider = world.provider("aws:iam/policy:Policy")
    old = provider.check("p", {"policy": policy("s3:GetObject")})
    id, outputs = provider.create("often", old)
    for number in range(7):
        new = provider.check("p", {"policy": policy("s3:GetObject", f"arn:aws:s3:::b{number}")})
        outputs = provider.update(id, old, new, outputs)
        old = new
    versions = world.client("iam").list_policy_versions(PolicyArn=id)["Versions"]
    assert len(versions) == 2


def test_a_scaled_service_must_exist(world: World) -> None:
    with pytest.raises(ValueError, match="there is no such ECS service"):
        world.make(
            "aws:appautoscaling/target:Target",
            resourceId=f"service/{world.cluster['name']}/none",
            scalableDimension="ecs:service:DesiredCount",
            serviceNamespace="ecs",
            minCapacity=1,
            maxCapacity=2,
        )


@pytest.mark.parametrize("force", [False, True])
def test_a_name_with_instances_goes_only_by_force(world: World, force: bool) -> None:
    token = "aws:servicediscovery/service:Service"
    map_ = world.client("servicediscovery")
    id, outputs = world.make(
        token, name=f"busy-{force}", namespaceId=world.namespace, forceDestroy=force
    )
    map_.register_instance(
        ServiceId=id, InstanceId="one", Attributes={"AWS_INSTANCE_IPV4": "192.0.2.1"}
    )
    if force:
        world.provider(token).delete(id, outputs)
        return
    with pytest.raises(ValueError, match="1 instances are registered"):
        world.provider(token).delete(id, outputs)
