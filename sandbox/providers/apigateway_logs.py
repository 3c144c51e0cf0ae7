"""Access logs of a stage, for both generations of API Gateway."""

import re

from .base import Inputs

_DESTINATION = re.compile(
    r"^arn:[\w-]+:(logs:[\w-]+:\d{12}:log-group:[^:*]+"
    r"|firehose:[\w-]+:\d{12}:deliverystream/amazon-apigateway-.+)$"
)


class AccessLogSettings(Inputs):
    """Where a stage logs each call, and what."""

    destination_arn: str
    format: str


def check_access_logs(settings: AccessLogSettings) -> None:
    """Refuse a destination or format that AWS does not take."""
    if not _DESTINATION.match(settings.destination_arn):
        raise ValueError(
            f"accessLogSettings.destinationArn={settings.destination_arn!r} is neither the ARN of "
            "a log group, without ':*', nor of a Firehose stream named amazon-apigateway-…"
        )
    if not re.search(r"\$context\.(extendedR|r)equestId\b", settings.format):
        raise ValueError("accessLogSettings.format has no $context.requestId; AWS wants it.")
    if "\n" in settings.format:
        raise ValueError("accessLogSettings.format is one line.")
