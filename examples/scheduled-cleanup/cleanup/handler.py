"""Deletes the objects under a prefix that are older than a number of days.

A run that ends early is made up for by the next one: what is still there is still old.
"""

import logging
import os
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3

logger = logging.getLogger(__name__)
s3 = boto3.client("s3")


def handler(event: dict[str, Any], context: object) -> dict[str, int]:
    """Serve one call of the schedule."""
    bucket = os.environ["BUCKET"]
    limit = datetime.now(UTC) - timedelta(days=int(os.environ["MAX_AGE_DAYS"]))
    kept = deleted = 0
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=os.environ["PREFIX"])
    for page in pages:  # at most 1,000 objects, which is what one deletion may name
        objects = page.get("Contents", [])
        old = [{"Key": item["Key"]} for item in objects if item["LastModified"] < limit]
        kept += len(objects) - len(old)
        if old:
            answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": old, "Quiet": True})
            if failed := answer.get("Errors"):
                raise RuntimeError(f"{len(failed)} objects could not be deleted: {failed[0]}")
            deleted += len(old)
    logger.warning("deleted %d objects of %s, kept %d", deleted, bucket, kept)
    return {"deleted": deleted, "kept": kept}
