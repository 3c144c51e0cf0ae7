"""All cases."""

from . import cases_apps, cases_ec2, cases_edge

CASES = [*cases_ec2.CASES, *cases_apps.CASES, *cases_edge.CASES]
