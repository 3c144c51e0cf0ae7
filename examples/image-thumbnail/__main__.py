"""Every picture that is uploaded to one bucket gets a thumbnail in another."""

import pulumi
import pulumi_aws as aws

from slipway import MultiTriggerFunction, PythonLayer, allow

config = pulumi.Config()

pillow = PythonLayer(
    "pillow",
    {
        "requirements": "layer.txt",
        "runtime": config.require("runtime"),
        "architecture": config.require("architecture"),
    },
)
gallery = aws.s3.Bucket("gallery", force_destroy=True)

thumbnails = MultiTriggerFunction(
    "thumbnails",
    {
        "code": "thumbnail",
        "runtime": config.require("runtime"),
        "architecture": config.require("architecture"),
        "memory": 512,
        "layers": [pillow.arn],
        "environment": {
            "GALLERY": gallery.bucket,
            "LONGEST_SIDE": str(config.require_int("longestSide")),
        },
        "permissions": [allow("s3:PutObject", pulumi.Output.concat(gallery.arn, "/*"))],
        "triggers": {"s3": {"pictures": {"access": "read"}}},
        "force_delete": True,
    },
)

pulumi.export("pictures_bucket", thumbnails.bucket_names["pictures"])
pulumi.export("gallery_bucket", gallery.bucket)
pulumi.export("failure_queue_url", thumbnails.failure_queue_url)
