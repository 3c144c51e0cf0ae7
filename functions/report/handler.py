"""A report of what the shop sells, with pandas and requests from a layer.

``EXTERNAL_URL`` is asked with the key that ``API_KEY`` refers to: the ARN of an SSM parameter or
of a Secrets Manager secret. The key itself is read when it is needed first, kept as long as the
environment lives, and never printed or returned.
"""

import functools
import json
import os

import pandas as pd
import requests

CATALOGUE = [
    {"product": "PROD-001", "name": "Field compass", "price": 29.99, "sold": 42},
    {"product": "PROD-002", "name": "Canvas duffel", "price": 79.50, "sold": 17},
    {"product": "PROD-003", "name": "Signal flags", "price": 18.00, "sold": 65},
    {"product": "PROD-004", "name": "Storm lantern", "price": 54.25, "sold": 23},
]
TIMEOUT_SECONDS = 5
"""Of the outside world; the function has 30. boto3's own is a minute and more."""


def handler(event, context):
    """Answer an invocation with the report."""
    debug = os.environ.get("DEBUG", "").lower() == "true"
    report = {
        "message": "Report from a function with a layer",
        "environment": os.environ.get("ENVIRONMENT", "unknown"),
        "debug_mode": debug,
        "dataframe_info": dataframe_info(pd.DataFrame(CATALOGUE)),
        "external_data": external_data(os.environ.get("EXTERNAL_URL", "")),
        "function_version": context.function_version,
    }
    if debug:
        report["debug_info"] = {
            "memory_limit": context.memory_limit_in_mb,
            "remaining_time": context.get_remaining_time_in_millis(),
            "log_group": context.log_group_name,
        }
    return report


def dataframe_info(frame):
    """What a reader wants to know of a table before looking into it."""
    revenue = (frame["price"] * frame["sold"]).round(2)
    return {
        "shape": list(frame.shape),
        "columns": list(frame.columns),
        "dtypes": {name: str(kind) for name, kind in frame.dtypes.items()},
        "mean_price": round(float(frame["price"].mean()), 2),
        "revenue": round(float(revenue.sum()), 2),
        "best_seller": str(frame.loc[revenue.idxmax(), "product"]),
    }


def external_data(url):
    """What the address answers; one that does not is part of the report and not its end."""
    if not url:
        return {"error": "EXTERNAL_URL is not set"}
    try:
        reference = os.environ.get("API_KEY")
        key = secret(reference) if reference else None
        headers = {"x-api-key": key} if key else {}
        # A redirect would carry the key to whoever it names.
        answer = requests.get(
            url, headers=headers, timeout=TIMEOUT_SECONDS, allow_redirects=not key
        )
        answer.raise_for_status()
        data = answer.json()
        # As JSON both, for there are many ways to write the same text.
        if key and json.dumps(key)[1:-1] in json.dumps(data):
            return {"error": "the answer quotes the key"}
        return data
    except Exception as error:  # noqa: BLE001 - whatever it is, the rest of the report is good
        # The class alone: an error's text may quote the request with its headers.
        status = getattr(getattr(error, "response", None), "status_code", None)
        return {"error": type(error).__name__, **({"status": status} if status else {})}


@functools.cache
def secret(arn):
    """The value of the SSM parameter or Secrets Manager secret."""
    import boto3
    from botocore.config import Config

    config = Config(
        connect_timeout=TIMEOUT_SECONDS,
        read_timeout=TIMEOUT_SECONDS,
        retries={"total_max_attempts": 2},
    )
    if ":secretsmanager:" in arn:
        manager = boto3.client("secretsmanager", config=config)
        return manager.get_secret_value(SecretId=arn)["SecretString"]
    # A parameter is known by its path, which is what follows `:parameter`.
    name = arn.partition(":parameter")[2]
    parameter = boto3.client("ssm", config=config).get_parameter(Name=name, WithDecryption=True)
    return parameter["Parameter"]["Value"]
