"""The shop: a storefront on Fargate, its orders a workflow, and functions around it."""

import pulumi

import components as slipway
from settings import Settings

settings = Settings.load()

network = slipway.Network("slipway", settings.network())

image = slipway.ContainerImage("storefront", settings.image("app"))

orders = slipway.OrderWorkflow("orders", settings.orders())

# One web app, on either runtime.
app = settings.storefront(image.uri, orders)

storefront = slipway.FargateWebService("storefront", settings.fargate(app, image, network))

parts: dict[str, pulumi.ComponentResource] = {"storefront": storefront, "orders": orders}
if settings.kubernetes:
    cluster = parts["kubernetes"] = slipway.EksWebApp("storefront", settings.eks(app, network))
    pulumi.export("eks_cluster", cluster.cluster_name)
    pulumi.export("eks_web_app_url", cluster.url)
    pulumi.export("kubeconfig", cluster.kubeconfig)

# One function, and everything that may call it.
events = slipway.MultiTriggerFunction(
    "events",
    {
        **settings.function("functions/multi_trigger"),
        "idempotency": True,
        "triggers": {
            "rest_api": {
                "routes": [
                    {"method": "GET", "path": "/hello"},
                    {"method": "ANY", "path": "/"},
                    {"method": "GET", "path": "/status", "api_key": True},
                ],
                "api_keys": ["partner"],
                "throttle": {"rate": settings.api_requests_per_second},
                "access_logs": settings.api_access_logs,
            },
            "url": {"auth": "iam"},
            "s3": {"uploads": {}},
            "sqs": {"jobs": {"max_receives": 3}},
            "sns": {"announcements": {}},
            "events": {"orders": {"pattern": {"source": ["slipway.shop"]}}},
            "schedules": {"tick": {"expression": "rate(5 minutes)"}},
            "tables": {"stock": {}},
        },
    },
)

layer = slipway.PythonLayer("analytics", settings.layer("functions/report/layer.txt"))

report = slipway.MultiTriggerFunction(
    "report",
    {
        **settings.function("functions/report"),
        "layers": [layer.arn],
        "environment": settings.report(pulumi.Output.concat(events.api_url, "/status")),
        "secrets": {"API_KEY": events.api_key_parameter_arns["partner"]},
        "release": {"alias": "PROD"},
    },
)

sales = slipway.DataProcessingWorkflow("sales", settings.workflow())

if settings.observability:
    parts |= {"events": events, "report": report, "sales": sales}
    watch = slipway.Observability("shop", settings.watching(parts))
    pulumi.export("dashboard_url", watch.dashboard_url)
    pulumi.export("alarm_topic_arn", watch.topic_arn)
    pulumi.export("alarms", watch.alarm_names)
    pulumi.export("composite_alarms", watch.composite_alarm_names)
    pulumi.export("monthly_cost_usd", watch.monthly_cost_usd)
    pulumi.export("health", watch.health)

pulumi.export("storefront_url", storefront.url)
pulumi.export("storefront_cluster", storefront.cluster_name)
pulumi.export("storefront_service", storefront.service_name)
pulumi.export("storefront_log_group", storefront.log_group_name)
pulumi.export("image_uri", image.uri)
pulumi.export("api_url", events.api_url)
pulumi.export("function_name", events.function_name)
pulumi.export("function_alias_arn", events.alias_arn)
pulumi.export("upload_bucket", events.bucket_names["uploads"])
pulumi.export("queue_url", events.queue_urls["jobs"])
pulumi.export("layer_function_name", report.function_name)
pulumi.export("orders_table", orders.orders_table_name)
pulumi.export("payments_table", orders.payments_table_name)
pulumi.export("approvals_table", orders.approvals_table_name)
pulumi.export("order_workflow_arn", orders.alias_arn)
pulumi.export("payment_function", orders.function_names["ProcessPayment"])
pulumi.export("failed_orders_queue_url", orders.failed_orders_queue_url)
pulumi.export("failed_refunds_queue_url", orders.failed_refunds_queue_url)
pulumi.export("data_workflow_arn", sales.alias_arn)
