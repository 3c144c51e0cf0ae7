"""Every night at two, what lies in the scratch bucket for too long is deleted."""

import pulumi
import pulumi_aws as aws

from slipway import MultiTriggerFunction, allow

PREFIX = "tmp/"
config = pulumi.Config()

scratch = aws.s3.Bucket("scratch", force_destroy=True)

cleanup = MultiTriggerFunction(
    "cleanup",
    {
        "code": "cleanup",
        "runtime": config.require("runtime"),
        "architecture": config.require("architecture"),
        "timeout_seconds": 300,
        "environment": {
            "BUCKET": scratch.bucket,
            "PREFIX": PREFIX,
            "MAX_AGE_DAYS": str(config.require_int("maxAgeDays")),
        },
        "permissions": [
            allow(
                "s3:ListBucket",
                scratch.arn,
                condition={"StringLike": {"s3:prefix": f"{PREFIX}*"}},
            ),
            allow("s3:DeleteObject", pulumi.Output.concat(scratch.arn, f"/{PREFIX}*")),
        ],
        # Five fields as in crontab; EventBridge Scheduler gets its six.
        "triggers": {"schedules": {"nightly": {"expression": "cron(0 2 * * *)"}}},
    },
)

pulumi.export("scratch_bucket", scratch.bucket)
pulumi.export("cleanup_alias_arn", cleanup.alias_arn)
