"""Dashboards; ``python -m sandbox graph`` draws them."""

import json
import re
from collections.abc import Mapping
from typing import Any

from .base import Inputs, Outputs, Provider
from .common import ignoring

_NAME = re.compile(r"^[A-Za-z0-9_-]{1,255}$")


class DashboardInputs(Inputs):
    """Inputs of a dashboard."""

    dashboard_name: str
    dashboard_body: str


class Dashboard(Provider[DashboardInputs]):
    """A dashboard whose body CloudWatch takes without a complaint."""

    token = "aws:cloudwatch/dashboard:Dashboard"
    inputs = DashboardInputs
    replaces = frozenset({"dashboardName"})
    outputs = frozenset({"dashboardArn"})

    def check(self, name: str, properties: Mapping[str, Any]) -> DashboardInputs:
        inputs = super().check(name, properties)
        if not _NAME.match(inputs.dashboard_name):
            raise ValueError(
                f"dashboardName={inputs.dashboard_name!r}: 1 to 255 letters, digits, - and _ are "
                "taken."
            )
        try:
            body = json.loads(inputs.dashboard_body)
        except ValueError as error:
            raise ValueError(f"dashboardBody is not JSON: {error}.") from None
        if not isinstance(body, dict) or not isinstance(body.get("widgets"), list):
            raise ValueError("dashboardBody must be an object with a list of widgets.")
        return inputs

    def changed(self, old: DashboardInputs, new: DashboardInputs) -> frozenset[str]:
        """The same body written in another way is no change."""
        found = super().changed(old, new)
        if json.loads(old.dashboard_body) == json.loads(new.dashboard_body):
            found -= {"dashboardBody"}
        return found

    def create(self, name: str, inputs: DashboardInputs) -> tuple[str, Outputs]:
        self._put(inputs)
        arn = f"arn:aws:cloudwatch::{self.context.account}:dashboard/{inputs.dashboard_name}"
        return inputs.dashboard_name, {"dashboardArn": arn}

    def update(
        self, id: str, old: DashboardInputs, new: DashboardInputs, outputs: Outputs
    ) -> Outputs:
        self._put(new)
        return outputs

    def delete(self, id: str, outputs: Outputs) -> None:
        with ignoring("ResourceNotFound", "DashboardNotFoundError"):
            self.context.client("cloudwatch").delete_dashboards(DashboardNames=[id])

    def _put(self, inputs: DashboardInputs) -> None:
        answer = self.context.client("cloudwatch").put_dashboard(
            DashboardName=inputs.dashboard_name, DashboardBody=inputs.dashboard_body
        )
        # CloudWatch stores a body that it warns of; a widget of it then stays empty.
        if found := answer.get("DashboardValidationMessages"):
            told = "; ".join(f"{item.get('DataPath')}: {item['Message']}" for item in found)
            raise ValueError(f"dashboardBody of {inputs.dashboard_name}: {told}")
