"""The storefront: a small online shop, served by Flask.

`create_app` puts the parts together; each part is a module of its own:
`config` (environment), `pages` and `api` (what is served), `health` and `readiness`,
`catalog`, `orders`, `order_desk` and `order_states` (the shop), `errors`, `security`, `assets`,
`request_ids` (what every response has), `logs` and `access_log` (what is written).
"""

import os

from flask import Flask

from . import api, assets, errors, health, pages, request_ids, security
from .catalog import Catalog
from .config import Settings
from .orders import ClosedDesk, OrderDesk
from .readiness import Readiness
from .services import Services

__all__ = ["create_app"]

# The largest order has 50 lines, about 6 kB. Flask refuses longer bodies before reading them.
MAX_BODY_BYTES = 64 * 1024


def create_app(settings: Settings | None = None, desk: OrderDesk | None = None) -> Flask:
    """Build the application.

    `settings` default to the process environment (ConfigError when it is wrong); `desk` is who
    takes orders, by default whom the settings name. They may name nobody: POST /api/orders then
    says that ordering is closed.
    """
    settings = settings or Settings.from_env(os.environ)
    desk = desk or _desk(settings)
    # Static files have their own blueprint (assets), with the content's hash in the address.
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    app.extensions["storefront"] = Services(
        settings=settings,
        catalog=Catalog.load(),
        desk=desk,
        readiness=Readiness(checks=desk.checks()),
    )
    security.protect(app)
    request_ids.register(app)
    errors.register(app)
    for blueprint in (assets.bp, pages.bp, health.bp, api.bp):
        app.register_blueprint(blueprint)
    return app


def _desk(settings: Settings) -> OrderDesk:
    if not settings.order_workflow_arn:
        return ClosedDesk()
    from .order_desk import WorkflowDesk  # imports boto3, which a closed shop can do without

    return WorkflowDesk(
        settings.orders_table, settings.order_workflow_arn, connections=settings.threads
    )
