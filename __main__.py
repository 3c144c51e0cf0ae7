"""The shop: a Flask storefront on Fargate behind a load balancer."""

import pulumi

from components import (
    ContainerImage,
    ContainerImageArgs,
    FargateWebService,
    FargateWebServiceArgs,
    Network,
    NetworkArgs,
    WebApp,
)
from settings import Settings

settings = Settings.load()

network = Network(
    "slipway",
    NetworkArgs(cidr=settings.vpc_cidr, zone_count=settings.zones, nat=settings.nat),
)

image = ContainerImage(
    "storefront",
    ContainerImageArgs(
        context="app",
        architecture=settings.architecture,
        build_args={"PYTHON_IMAGE": settings.base_image} if settings.base_image else {},
        force_delete=not settings.protect_data,
    ),
)

shop = WebApp(
    image=image.uri,
    port=settings.storefront_port,
    cpu=settings.storefront_cpu,
    memory=settings.storefront_memory,
    architecture=settings.architecture,
    replicas=settings.storefront_replicas,
    environment={"APP_VERSION": settings.app_version, "PORT": str(settings.storefront_port)},
    health={"grace_seconds": settings.health_grace_seconds},
    read_only_root=settings.read_only_root,
    exec=settings.exec,
)
if settings.scaling:
    shop["scaling"] = {"min": settings.scaling_min, "max": settings.scaling_max}
if settings.domain:
    shop["domain"] = {"name": settings.domain, "zone_id": settings.zone_id}
    if settings.certificate_arn:
        shop["domain"]["certificate_arn"] = settings.certificate_arn

storefront = FargateWebService(
    "storefront",
    FargateWebServiceArgs(
        app=shop,
        network=network.placement,
        execution_permissions=image.pull_policy(),
        container_insights=settings.container_insights,
        spot_percent=settings.spot_percent,
        log_retention_days=settings.log_retention_days,
        deletion_protection=settings.protect_data,
    ),
)

pulumi.export("storefront_url", storefront.url)
pulumi.export("storefront_cluster", storefront.cluster_name)
pulumi.export("storefront_service", storefront.service_name)
pulumi.export("storefront_log_group", storefront.log_group_name)
pulumi.export("image_uri", image.uri)
