"""What an EksWebApp makes, in which order, and what it tells of it."""

import json
from typing import Any

import pulumi
import pulumi_kubernetes as k8s
import pytest

from components.eks import EksWebApp
from components.testing import UNKNOWN, Deployment, deploy

from .helpers import (
    ADDON,
    CLUSTER,
    DEPLOYMENT,
    IMAGE,
    KUBECONFIG,
    NAMESPACE,
    NODES,
    PARAMETER,
    PROVIDER,
    SCALER,
    SECRETS,
    SERVICE,
    container,
    names,
    settings,
    web,
)

OBJECTS = [
    "kubernetes:apps/v1:Deployment",
    "kubernetes:autoscaling/v2:HorizontalPodAutoscaler",
    "kubernetes:core/v1:Namespace",
    "kubernetes:core/v1:Secret",
    "kubernetes:core/v1:Service",
    "kubernetes:core/v1:ServiceAccount",
    "kubernetes:networking.k8s.io/v1:NetworkPolicy",
    "kubernetes:policy/v1:PodDisruptionBudget",
]
WHOLE: dict[str, Any] = {"scaling": {}, "secrets": {"API_KEY": PARAMETER}}


def kinds(deployment: Deployment) -> set[str]:
    return {resource.type for resource in deployment.resources}


def needs(deployment: Deployment, urn: str) -> set[str]:
    """Every resource that must exist before ``urn``, and be deleted after it."""
    found: set[str] = set()
    wanted = [urn]
    by_urn = {resource.urn: resource for resource in deployment.resources}
    while wanted:
        for other in by_urn[wanted.pop()].depends_on:
            if other not in found and other in by_urn:
                found.add(other)
                wanted.append(other)
    return found


def test_one_image_becomes_a_cluster_with_everything_that_the_app_needs() -> None:
    deployment = web(WHOLE)
    assert [kind for kind in OBJECTS if kind not in kinds(deployment)] == []
    assert names(deployment, CLUSTER) == ["web"]
    assert names(deployment, NODES) == ["web-nodes"]
    assert [item.inputs["addonName"] for item in deployment.of(ADDON)] == [
        "eks-pod-identity-agent",
        "kube-proxy",
        "vpc-cni",
        "coredns",
        "metrics-server",
    ]


def test_a_first_preview_shows_the_same_resources() -> None:
    def listed(deployment: Deployment) -> list[tuple[str, str]]:
        return sorted((item.type, item.name) for item in deployment.resources)

    unknown = web(WHOLE, known=False)
    assert listed(unknown) == listed(web(WHOLE))
    assert unknown.result["url"] is UNKNOWN
    # What decides about a replacement is known all the same.
    assert unknown.one(PROVIDER).inputs["clusterIdentifier"] == "web-dev"
    assert unknown.one(CLUSTER).inputs["name"] == "web-dev"


def test_it_tells_where_the_app_is() -> None:
    deployment = web()
    kubeconfig = json.loads(deployment.result["kubeconfig"])
    assert kubeconfig["current-context"] == "web-dev"
    assert {key: deployment.result[key] for key in EksWebApp.__annotations__} == {
        "url": "http://web.elb.us-east-1.amazonaws.com",
        "cluster_name": "web-dev",
        "kubeconfig": deployment.result["kubeconfig"],
        "namespace": "web",
        "service_account": "web",
        "role_arn": "arn:aws:iam::123456789012:role/web-pods",
        "deployment_name": "web",
    }


def test_the_kubeconfig_is_a_secret() -> None:
    def program() -> None:
        app = EksWebApp("web", settings())
        pulumi.export("kubeconfig", app.kubeconfig)
        pulumi.export("name", app.cluster_name)

    deployment = deploy(program)
    assert deployment.secret_outputs == {"kubeconfig"}
    assert deployment.one(PROVIDER).secrets == {"kubeconfig"}


def test_every_child_is_named_and_owned_by_its_component() -> None:
    deployment = web(WHOLE, admins=["arn:a"], operators=["arn:o"])
    (component,) = deployment.of("slipway:index:EksWebApp")
    for resource in deployment.resources:
        if resource is not component:
            assert resource.parent == component.urn, resource.urn
            assert resource.name == "web" or resource.name.startswith("web-"), resource.urn


def test_everything_in_aws_carries_the_tags() -> None:
    deployment = web(WHOLE, admins=["arn:a"], tags={"team": "shop"})
    expected = {"slipway:component": "EksWebApp/web", "team": "shop"}
    untaggable = {
        "aws:iam/rolePolicy:RolePolicy",
        "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
        "aws:eks/accessPolicyAssociation:AccessPolicyAssociation",
    }
    for resource in deployment.resources:
        if resource.type.startswith(("aws:", "eks:")) and resource.type not in untaggable:
            assert resource.inputs["tags"] == expected, resource.urn
    template = deployment.one("aws:ec2/launchTemplate:LaunchTemplate").inputs
    for specification in template["tagSpecifications"]:
        assert expected.items() <= specification["tags"].items()
    # The load balancer is AWS's doing, so it is told by an annotation.
    annotations = deployment.one(SERVICE).inputs["metadata"]["annotations"]
    key = "service.beta.kubernetes.io/aws-load-balancer-additional-resource-tags"
    assert annotations[key] == "slipway:component=EksWebApp/web,team=shop"


def test_destroying_takes_the_app_away_before_its_nodes_and_these_before_the_cluster() -> None:
    deployment = web(WHOLE, admins=["arn:a"], operators=["arn:o"])
    cluster, nodes = deployment.one(CLUSTER).urn, deployment.one(NODES).urn
    addons = {item.urn for item in deployment.of(ADDON)}
    entries = {item.urn for item in deployment.of("aws:eks/accessEntry:AccessEntry")}
    namespace, provider = deployment.one(NAMESPACE).urn, deployment.one(PROVIDER).urn
    for kind in OBJECTS:
        item = deployment.one(kind)
        assert {cluster, nodes, *addons, *entries} <= needs(deployment, item.urn), kind
        assert item.provider.startswith(f"{provider}::"), kind
        if item.urn != namespace:
            assert namespace in needs(deployment, item.urn), kind
    # The load balancer stops sending requests before the pods go, and they before their role.
    service = needs(deployment, deployment.one(SERVICE).urn)
    assert deployment.one(DEPLOYMENT).urn in service
    role = "aws:eks/podIdentityAssociation:PodIdentityAssociation"
    assert deployment.one(role).urn in service
    for urn in (nodes, *addons, *entries):
        assert cluster in needs(deployment, urn)


def test_the_autoscaler_owns_the_number_of_pods_while_scaling_is_on() -> None:
    scaled = web({"replicas": 3, "scaling": {"min": 2, "max": 5}})
    assert scaled.one(DEPLOYMENT).inputs["spec"]["replicas"] == 3
    assert scaled.one(DEPLOYMENT).ignore_changes == ("spec.replicas",)
    assert scaled.one(SCALER).inputs["spec"]["minReplicas"] == 2
    exact = web({"replicas": 4})
    assert exact.one(DEPLOYMENT).inputs["spec"]["replicas"] == 4
    assert exact.one(DEPLOYMENT).ignore_changes == ()
    assert exact.of(SCALER) == []


@pytest.mark.parametrize(("replicas", "started"), [(1, 2), (3, 3), (9, 5)])
def test_it_starts_within_the_bounds_of_scaling(replicas: int, started: int) -> None:
    deployment = web({"replicas": replicas, "scaling": {"min": 2, "max": 5}})
    assert deployment.one(DEPLOYMENT).inputs["spec"]["replicas"] == started


def test_objects_are_applied_on_the_server_and_survive_a_new_kubeconfig() -> None:
    inputs = web().one(PROVIDER).inputs
    assert inputs["enableServerSideApply"] in (True, "true")
    assert inputs["clusterIdentifier"] == "web-dev"


def test_secrets_go_through_one_secret_whose_name_pulumi_chooses() -> None:
    deployment = web(WHOLE)
    secret = deployment.one(SECRETS)
    assert secret.inputs["stringData"] == {"API_KEY": f"value of {PARAMETER}"}
    assert secret.secrets == {"stringData"}
    # A changed value is a new Secret with a new name, hence new pods.
    assert "name" not in secret.inputs["metadata"]
    assert secret.inputs["immutable"] is True
    (variable,) = container(deployment)["env"]
    chosen = secret.outputs["metadata"]["name"]
    assert chosen.startswith("web-secrets-")
    assert variable["valueFrom"] == {"secretKeyRef": {"name": chosen, "key": "API_KEY"}}


def test_without_secrets_there_is_no_secret() -> None:
    assert web({"environment": {"A": "b"}}).of(SECRETS) == []


def test_a_given_cluster_gets_the_app_and_nothing_else() -> None:
    deployment = web(cluster={"name": "shared", "kubeconfig": KUBECONFIG}, namespace="front")
    assert {kind for kind in kinds(deployment) if kind.startswith(("aws:eks", "eks:"))} == {
        "aws:eks/podIdentityAssociation:PodIdentityAssociation"
    }
    provider = deployment.one(PROVIDER)
    assert provider.inputs["kubeconfig"] == KUBECONFIG
    assert provider.inputs["clusterIdentifier"] == "shared"
    assert provider.secrets == {"kubeconfig"}
    assert deployment.result["cluster_name"] == "shared"
    assert deployment.result["kubeconfig"] == KUBECONFIG
    assert deployment.result["namespace"] == "front"
    assert deployment.one(DEPLOYMENT).inputs["metadata"]["namespace"] == "front"


@pytest.mark.parametrize("how", ["providers", "mapping", "parent"])
def test_a_provider_of_the_callers_reaches_a_given_cluster(how: str) -> None:
    def program() -> EksWebApp:
        provider = k8s.Provider("theirs", kubeconfig=KUBECONFIG)
        if how == "providers":
            opts = pulumi.ResourceOptions(providers=[provider])
        elif how == "mapping":
            opts = pulumi.ResourceOptions(providers={"kubernetes": provider})
        else:
            above = pulumi.ComponentResource(
                "test:index:Above", "above", {}, pulumi.ResourceOptions(providers=[provider])
            )
            opts = pulumi.ResourceOptions(parent=above)
        app = EksWebApp("web", settings(cluster={"name": "shared"}), opts)
        assert app.kubernetes_provider is None
        return app

    deployment = deploy(program)
    assert names(deployment, PROVIDER) == ["theirs"]
    assert deployment.one(DEPLOYMENT).provider.startswith(deployment.one(PROVIDER).urn)
    assert deployment.result["kubeconfig"] is None


def test_further_objects_can_be_made_with_its_provider() -> None:
    def program() -> None:
        app = EksWebApp("web", settings())
        opts = pulumi.ResourceOptions(provider=app.kubernetes_provider)
        k8s.core.v1.ConfigMap("more", metadata={"namespace": app.namespace}, opts=opts)

    more = deploy(program).one("kubernetes:core/v1:ConfigMap")
    assert ":web-kubernetes::" in more.provider


def test_two_apps_share_a_cluster() -> None:
    def program() -> None:
        first = EksWebApp("shop", settings())
        EksWebApp(
            "blog",
            settings(cluster={"name": first.cluster_name, "kubeconfig": first.kubeconfig}),
        )

    deployment = deploy(program)
    assert names(deployment, CLUSTER) == ["shop"]
    assert names(deployment, DEPLOYMENT) == ["blog", "shop"]
    blog = deployment.one(DEPLOYMENT, "blog")
    assert deployment.one(CLUSTER).urn in needs(deployment, blog.urn)


def test_an_image_that_is_known_late_must_be_pinned_as_well() -> None:
    def program(image: str) -> None:
        app: Any = {"image": pulumi.Output.from_input(image)}
        EksWebApp("web", settings(app, require_digest=True))

    assert container(deploy(lambda: program(IMAGE)))["image"] == IMAGE
    with pytest.raises(ValueError, match=r"app\.image='web:latest' is not valid.*@sha256:"):
        deploy(lambda: program("web:latest"))
    # On a preview it is not known yet, and nobody is stopped.
    assert names(web(require_digest=True, known=False), DEPLOYMENT) == ["web"]
