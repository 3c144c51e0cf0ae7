"""How IAM calls what a task of the AWS SDK does.

Step Functions names services and actions as the SDK for Java does; IAM mostly has the same
action with a capital letter, and sometimes not. Source: service authorization reference.
"""

from collections.abc import Mapping

_SERVICES: Mapping[str, str] = {
    "apigatewaymanagementapi": "execute-api",
    "bedrockagentruntime": "bedrock",
    "bedrockruntime": "bedrock",
    "cloudwatchevents": "events",
    "cloudwatchlogs": "logs",
    "cognitoidentityprovider": "cognito-idp",
    "databasemigration": "dms",
    "efs": "elasticfilesystem",
    "elasticloadbalancingv2": "elasticloadbalancing",
    "emr": "elasticmapreduce",
    "eventbridge": "events",
    "redshiftdata": "redshift-data",
    "rdsdata": "rds-data",
    "sagemakerruntime": "sagemaker",
    "sesv2": "ses",
    "sfn": "states",
}
"""IAM's prefix where it is not the service's name."""
_PARTIQL = (
    *("dynamodb:PartiQLSelect", "dynamodb:PartiQLInsert"),
    *("dynamodb:PartiQLUpdate", "dynamodb:PartiQLDelete"),
)
_ACTIONS: Mapping[str, tuple[str, ...]] = {
    "apigateway:invoke": ("execute-api:Invoke",),
    "dynamodb:batchExecuteStatement": _PARTIQL,
    "dynamodb:executeStatement": _PARTIQL,
    "dynamodb:executeTransaction": _PARTIQL,
    "dynamodb:transactGetItems": ("dynamodb:GetItem",),
    "dynamodb:transactWriteItems": (
        *("dynamodb:PutItem", "dynamodb:UpdateItem"),
        *("dynamodb:DeleteItem", "dynamodb:ConditionCheckItem"),
    ),
    "http:invoke": ("states:InvokeHTTPEndpoint",),
    "lambda:invoke": ("lambda:InvokeFunction",),
    "s3:copyObject": ("s3:PutObject",),
    "s3:createMultipartUpload": ("s3:PutObject",),
    "s3:completeMultipartUpload": ("s3:PutObject",),
    "s3:deleteObjects": ("s3:DeleteObject",),
    "s3:headBucket": ("s3:ListBucket",),
    "s3:headObject": ("s3:GetObject",),
    "s3:listBuckets": ("s3:ListAllMyBuckets",),
    "s3:listObjectVersions": ("s3:ListBucketVersions",),
    "s3:listObjects": ("s3:ListBucket",),
    "s3:listObjectsV2": ("s3:ListBucket",),
    "s3:selectObjectContent": ("s3:GetObject",),
    "s3:uploadPart": ("s3:PutObject",),
    "sns:publishBatch": ("sns:Publish",),
    "sqs:changeMessageVisibilityBatch": ("sqs:ChangeMessageVisibility",),
    "sqs:deleteMessageBatch": ("sqs:DeleteMessage",),
    "sqs:sendMessageBatch": ("sqs:SendMessage",),
}
"""Actions, one of which is enough, where the name is not the call's with a capital letter."""


def expected_actions(service: str, verb: str) -> tuple[str, ...]:
    """The IAM actions of a call, the likeliest first; one of them must be allowed.

    Args:
        service: as in ``arn:aws:states:::aws-sdk:<service>:<verb>``.
        verb: the call in camel case.
    """
    if (known := _ACTIONS.get(f"{service}:{verb}")) is not None:
        return known
    action = f"{verb[0].upper()}{verb[1:]}"
    return (f"{_SERVICES.get(service, service)}:{action}",)
