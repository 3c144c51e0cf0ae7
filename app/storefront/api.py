"""The shop for programs: products and orders, JSON in and out."""

import json
import re
import uuid
from collections.abc import Mapping
from decimal import Decimal
from typing import NoReturn, cast

from flask import Blueprint, Response, jsonify, make_response, request, url_for

from .assets import asset
from .catalog import CURRENCY
from .errors import ApiError, respond
from .orders import (
    DeskTroubleError,
    InvalidOrderError,
    KeyReusedError,
    OrderingClosedError,
    OrderState,
    read_order,
)
from .services import services

bp = Blueprint("api", __name__, url_prefix="/api")

# Ordering opens with a new deployment, not within seconds: there is no use in asking often.
RETRY_AFTER_SECONDS = 300

_KEY = re.compile(r"[\x21-\x7e]{1,255}")


@bp.get("/products")
def products() -> Response:
    """List the catalogue."""
    return jsonify(
        products=[
            {
                "id": product.id,
                "name": product.name,
                "description": product.description,
                "price": float(product.price),  # an exact decimal of two places prints as itself
                "currency": CURRENCY,
                "picture": asset(product.picture),
            }
            for product in services().catalog
        ]
    )


@bp.post("/orders")
def place_order() -> Response:
    """Take an order: 202, with the address at which to follow it."""
    key = _idempotency_key()
    try:
        order = read_order(_json_object(), services().catalog)
    except InvalidOrderError as error:
        raise ApiError(
            422,
            "invalid_order",
            "The order cannot be taken as it is.",
            "Correct the fields named here and send the order again.",
            fields=error.problems,
        ) from None
    try:
        state = services().desk.place(order, key)
    except KeyReusedError:
        raise ApiError(
            422,
            "idempotency_key_reused",
            "This Idempotency-Key came with a different order before.",
            "Use a new key for a new order, and the old one only to repeat the old order.",
        ) from None
    except DeskTroubleError as error:
        # Named even if the caller sent none: only with this key is the repetition safe.
        raise _trouble(
            error,
            "Send the same order again in a moment, with the header "
            f'"Idempotency-Key: {key}": that is safe, it will not be placed twice.',
        ) from error
    response = make_response(jsonify(_order(state)), 202)
    response.headers["Location"] = _status_url(state)
    return response


@bp.get("/orders/<order_id>")
def order(order_id: str) -> Response:
    """Say how an order stands."""
    try:
        state = services().desk.find(order_id)
    except DeskTroubleError as error:
        raise _trouble(error, "Ask again in a moment: the order itself goes on.") from error
    if state is None:
        raise ApiError(
            404,
            "order_not_found",
            "There is no order of this id.",
            "Use the statusUrl that the answer to POST /api/orders gave.",
        )
    return jsonify(_order(state))


@bp.errorhandler(OrderingClosedError)
def closed(_error: OrderingClosedError) -> Response:
    """Answer for a deployment without an order workflow."""
    return respond(
        ApiError(
            503,
            "ordering_unavailable",
            "Ordering is not available in this deployment yet.",
            "Orders can be placed once the deployment has an order workflow; until then, "
            "the catalogue is open.",
            headers={"Retry-After": str(RETRY_AFTER_SECONDS)},
        )
    )


def _trouble(error: DeskTroubleError, next_step: str) -> ApiError:
    headers = {"Retry-After": str(error.retry_after)}
    return ApiError(503, error.code, error.message, next_step, headers=headers)


def _order(state: OrderState) -> dict[str, object]:
    known: dict[str, object] = {
        "trackingNumber": state.tracking_number,
        "transactionId": state.transaction_id,
        "reason": state.reason,
        "refunded": state.refunded,
    }
    told: dict[str, object] = {
        "orderId": state.order_id,
        "status": state.status,
        "message": state.message,
        "final": state.final,
        "statusUrl": _status_url(state),
    }
    return told | {name: value for name, value in known.items() if value is not None}


def _status_url(state: OrderState) -> str:
    return url_for("api.order", order_id=state.order_id)


def _idempotency_key() -> str:
    key = request.headers.get("Idempotency-Key")
    if key is None:  # every attempt is then an order of its own, as its sender chose
        return uuid.uuid4().hex
    if not _KEY.fullmatch(key):
        raise ApiError(
            400,
            "invalid_idempotency_key",
            "The Idempotency-Key header is not valid.",
            "Send 1 to 255 visible ASCII characters without spaces, for example a UUID.",
        )
    return key


def _json_object() -> Mapping[str, object]:
    """Return the request's body, a JSON object whose fractions are exact decimals."""
    if not request.is_json:
        raise ApiError(
            415,
            "unsupported_media_type",
            "The body must be JSON.",
            "Send it with Content-Type: application/json.",
        )
    try:
        body = json.loads(request.get_data(), parse_float=Decimal, parse_constant=_not_json)
    except (ValueError, RecursionError):  # malformed, not UTF-8, absurdly long or deep
        body = None
    if not isinstance(body, dict):
        raise ApiError(
            400,
            "invalid_json",
            "The body is not a JSON object.",
            'Send an object such as {"customerId": "CUST-67890", '
            '"items": [{"productId": "PROD-001", "quantity": 2}]}.',
        )
    return cast(dict[str, object], body)


def _not_json(constant: str) -> NoReturn:
    # Python reads NaN and Infinity; JSON has no such numbers.
    raise ValueError(constant)
