"""Layers: versions of an archive that functions share."""

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from .base import Inputs, Outputs, Provider
from .common import exactly_one, ignoring, one_of, present
from .lambda_common import ARCHITECTURES, GONE
from .lambda_package import check_code, zipped
from .lambda_settings import RUNTIMES

_NAME = re.compile(r"^[\w-]{1,140}$", re.ASCII)


class LayerInputs(Inputs):
    """Inputs of one version of a layer."""

    layer_name: str
    code: Any = None
    s3_bucket: str | None = None
    s3_key: str | None = None
    s3_object_version: str | None = None
    source_code_hash: str | None = None
    compatible_architectures: list[str] = []
    compatible_runtimes: list[str] = []
    description: str = ""
    license_info: str = ""
    skip_destroy: bool = False


class LayerVersion(Provider[LayerInputs]):
    """One version of a layer; another content is another version."""

    token = "aws:lambda/layerVersion:LayerVersion"
    inputs = LayerInputs
    replaces = frozenset(
        {
            "code",
            "compatibleArchitectures",
            "compatibleRuntimes",
            "description",
            "layerName",
            "licenseInfo",
            "s3Bucket",
            "s3Key",
            "s3ObjectVersion",
            "sourceCodeHash",
        }
    )
    outputs = frozenset(
        {
            "arn",
            "codeSha256",
            "createdDate",
            "layerArn",
            "signingJobArn",
            "signingProfileVersionArn",
            "sourceCodeSize",
            "version",
        }
    )
    inert: ClassVar[Mapping[str, str]] = {
        "compatibleArchitectures": "stored, as on AWS: a function's architecture is not compared",
        "compatibleRuntimes": "stored, as on AWS: a function's runtime is not compared",
    }

    def check(self, name: str, properties: Mapping[str, Any]) -> LayerInputs:
        inputs = super().check(name, properties)
        if not _NAME.match(inputs.layer_name):
            raise ValueError(
                f"layerName={inputs.layer_name!r}: up to 140 letters, digits, hyphens and _."
            )
        if exactly_one("a layer", {"code": inputs.code, "s3Bucket": inputs.s3_bucket}) == "code":
            check_code("code", inputs.code)
        elif inputs.s3_key is None:
            raise ValueError("s3Bucket needs s3Key.")
        for architecture in inputs.compatible_architectures:
            one_of("compatibleArchitectures", architecture, ARCHITECTURES)
        for runtime in inputs.compatible_runtimes:
            one_of("compatibleRuntimes", runtime, RUNTIMES)
        if len(inputs.compatible_runtimes) > 15:
            raise ValueError("compatibleRuntimes takes 15 runtimes.")
        for field, text, limit in (
            ("description", inputs.description, 256),
            ("licenseInfo", inputs.license_info, 512),
        ):
            if len(text) > limit:
                raise ValueError(f"{field} has {len(text)} characters; AWS takes {limit}.")
        return inputs

    def create(self, name: str, inputs: LayerInputs) -> tuple[str, Outputs]:
        content = (
            {"ZipFile": zipped("code", inputs.code)}
            if inputs.code is not None
            else present(
                S3Bucket=inputs.s3_bucket,
                S3Key=inputs.s3_key,
                S3ObjectVersion=inputs.s3_object_version,
            )
        )
        made = self.context.client("lambda").publish_layer_version(
            LayerName=inputs.layer_name,
            Content=content,
            CompatibleArchitectures=inputs.compatible_architectures,
            CompatibleRuntimes=inputs.compatible_runtimes,
            Description=inputs.description,
            LicenseInfo=inputs.license_info,
        )
        return made["LayerVersionArn"], {
            "arn": made["LayerVersionArn"],
            "codeSha256": made["Content"]["CodeSha256"],
            "createdDate": made["CreatedDate"],
            "layerArn": made["LayerArn"],
            "signingJobArn": "",
            "signingProfileVersionArn": "",
            "skipDestroy": inputs.skip_destroy,
            "sourceCodeSize": made["Content"]["CodeSize"],
            "version": str(made["Version"]),
        }

    def update(self, id: str, old: LayerInputs, new: LayerInputs, outputs: Outputs) -> Outputs:
        return outputs | {"skipDestroy": new.skip_destroy}

    def delete(self, id: str, outputs: Outputs) -> None:
        if outputs["skipDestroy"]:
            return
        with ignoring(GONE):
            self.context.client("lambda").delete_layer_version(
                LayerName=outputs["layerArn"].rpartition(":")[2],
                VersionNumber=int(outputs["version"]),
            )
