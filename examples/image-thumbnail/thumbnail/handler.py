"""Makes a thumbnail of each picture that was uploaded.

The thumbnail has the picture's key in the gallery bucket, so a second event for the same
picture writes the same object again. What is no picture raises: Lambda tries again and
the event ends in the function's failure queue.
"""

import io
import logging
import os
from typing import Any
from urllib.parse import unquote_plus

import boto3
from PIL import Image, ImageOps

logger = logging.getLogger(__name__)
s3 = boto3.client("s3")


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Serve one S3 notification."""
    made = []
    for record in event["Records"]:
        bucket = record["s3"]["bucket"]["name"]
        key = unquote_plus(record["s3"]["object"]["key"])
        picture = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        thumbnail, kind = shrink(picture, int(os.environ["LONGEST_SIDE"]))
        s3.put_object(
            Bucket=os.environ["GALLERY"], Key=key, Body=thumbnail, ContentType=f"image/{kind}"
        )
        logger.warning("thumbnail of %s: %d bytes from %d", key, len(thumbnail), len(picture))
        made.append(key)
    return {"thumbnails": made}


def shrink(picture: bytes, longest_side: int) -> tuple[bytes, str]:
    """The picture within a square of ``longest_side`` pixels, upright, in its own format."""
    with Image.open(io.BytesIO(picture)) as image:
        kind = image.format or "PNG"
        small = ImageOps.exif_transpose(image)
        small.thumbnail((longest_side, longest_side))
        target = io.BytesIO()
        small.save(target, format=kind)
    return target.getvalue(), kind.lower()
