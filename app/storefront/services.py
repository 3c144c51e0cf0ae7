"""What the request handlers share: made once by `create_app`, found through the application."""

from dataclasses import dataclass
from typing import cast

from flask import Flask, current_app

from .catalog import Catalog
from .config import Settings
from .orders import OrderDesk
from .readiness import Readiness


@dataclass(frozen=True, slots=True)
class Services:
    """The parts of one application."""

    settings: Settings
    catalog: Catalog
    desk: OrderDesk
    readiness: Readiness


def services_of(app: Flask) -> Services:
    """Return the parts of an application made by `create_app`."""
    return cast(Services, app.extensions["storefront"])


def services() -> Services:
    """Return the parts of the application that serves the current request."""
    return services_of(current_app)
