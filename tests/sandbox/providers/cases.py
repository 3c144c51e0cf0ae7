"""All cases, in one list."""

from . import (
    cases_api,
    cases_ecs,
    cases_events,
    cases_http_api,
    cases_images_and_roles,
    cases_lb,
    cases_listeners,
    cases_messages,
    cases_names,
    cases_network,
    cases_routes,
    cases_security,
    cases_stores,
    cases_watching,
)

CASES = [
    *cases_api.CASES,
    *cases_ecs.CASES,
    *cases_events.CASES,
    *cases_http_api.CASES,
    *cases_images_and_roles.CASES,
    *cases_lb.CASES,
    *cases_listeners.CASES,
    *cases_messages.CASES,
    *cases_names.CASES,
    *cases_network.CASES,
    *cases_routes.CASES,
    *cases_security.CASES,
    *cases_stores.CASES,
    *cases_watching.CASES,
]
