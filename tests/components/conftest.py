"""What the components' tests share."""

import importlib
import warnings

# The generated SDK warns of its own deprecated classes whenever ec2 loads; loaded here once, the
# tests can treat every other warning as an error.
with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    importlib.import_module("pulumi_aws.ec2.encryption_control")

from components.testing import slipway

__all__ = ["slipway"]
