"""Placing an order and following it in a real browser, at a desk that the test moves."""

import re

import pytest
from playwright.sync_api import Page, expect

from .conftest import HandDesk

from storefront.orders import DeskTroubleError  # isort: skip  # found through the line above

pytestmark = pytest.mark.browser

SOON = 90_000
"""Milliseconds: the slowest pause between two questions is eight seconds."""


def fill(page: Page, card: str | None = None) -> None:
    page.get_by_role("button", name="Add Deck Lantern to cart").click()
    page.get_by_label("Customer ID").fill("CUST-67890")
    if card:
        page.get_by_label(card).check()


def place(page: Page, card: str | None = None) -> None:
    fill(page, card)
    page.get_by_role("button", name="Place order").click()
    expect(page.locator("#order-title")).to_have_text("Order received")


def steps(page: Page) -> list[tuple[str, str]]:
    """What is seen of the way, and how each step looks."""
    return [
        (str(item.text_content()).split(":")[0], str(item.get_attribute("class")))
        for item in page.locator("#order-steps li").all()
    ]


def test_an_order_is_followed_to_its_tracking_number(shop: Page, desk: HandDesk) -> None:
    place(shop)
    (order,) = desk.orders.values()
    assert (order.payment_token, order.shipping_token) == ("tok_ok", "ship_ok")
    assert (order.customer_id, str(order.amount)) == ("CUST-67890", "29.99")
    expect(shop.locator("#order-title")).to_be_focused()
    expect(shop.locator("#cart-count")).to_have_text("0")
    assert steps(shop) == [
        ("Received", "done"),
        ("Checked and paid", "current"),
        ("Shipped", "open"),
    ]
    expect(shop.locator("[aria-current=step]")).to_contain_text("Checked and paid")

    desk.move("paid", "Paid, and packed.", transaction_id="txn_1")
    expect(shop.locator("#order-title")).to_have_text("Your order is paid", timeout=SOON)
    assert steps(shop)[1:] == [("Checked and paid", "done"), ("Shipped", "current")]

    desk.move("shipped", "On its way.", tracking_number="TRK123456")
    expect(shop.locator("#order-title")).to_have_text("Your order is on its way", timeout=SOON)
    assert [look for _, look in steps(shop)] == ["done"] * 3
    expect(shop.locator("#order-facts")).to_contain_text("TRK123456")
    expect(shop.locator("#announcer")).to_have_text("Your order is on its way. On its way.")
    expect(shop.locator("#announcer")).to_have_attribute("role", "status")
    asked = desk.asked
    shop.wait_for_timeout(1500)
    assert desk.asked == asked, "a final order is not asked for"


def test_a_declined_card_is_told_as_such(shop: Page, desk: HandDesk) -> None:
    place(shop, "Is declined")
    assert [order.payment_token for order in desk.orders.values()] == ["tok_declined"]
    desk.move("failed", "Your card was declined, and nothing was charged.")
    expect(shop.locator("#order-message")).to_contain_text("card was declined", timeout=SOON)
    expect(shop.locator("#order")).to_have_attribute("data-kind", "bad")
    assert steps(shop) == [
        ("Received", "done"),
        ("Checked and paid", "failed"),
        ("Shipped", "open"),
    ]


def test_a_gateway_that_is_down_twice_can_be_chosen(shop: Page, desk: HandDesk) -> None:
    place(shop, "the gateway is down twice")
    assert [order.payment_token for order in desk.orders.values()] == ["tok_unavailable_2"]


def test_the_money_is_followed_on_its_way_back(shop: Page, desk: HandDesk) -> None:
    place(shop, "out of stock")
    assert [order.shipping_token for order in desk.orders.values()] == ["ship_out_of_stock"]
    desk.move("failed", "Out of stock.", transaction_id="txn_1", refund_due=True)
    expect(shop.locator("#order-message")).to_have_text("Out of stock.", timeout=SOON)
    assert steps(shop)[1:] == [
        ("Checked and paid", "done"),
        ("Shipped", "failed"),
        ("Money given back", "current"),
    ]
    desk.move("failed", "Your money was given back.", refund_due=False, refunded=True)
    expect(shop.locator("#order-message")).to_have_text("Your money was given back.", timeout=SOON)
    assert steps(shop)[3] == ("Money given back", "done")
    expect(shop.locator("#announcer")).to_contain_text("Your money was given back.")


def test_a_lost_connection_is_said_and_overcome(shop: Page, desk: HandDesk) -> None:
    place(shop)
    shop.context.set_offline(True)
    detail = shop.locator("#order-detail")
    expect(detail).to_contain_text("Your order goes on; asking again.", timeout=SOON)
    expect(shop.locator("#announcer")).to_contain_text("asking again")
    expect(shop.locator("#order-title")).to_have_text("Order received")
    shop.context.set_offline(False)
    expect(detail).to_have_text("", timeout=SOON)
    desk.move("shipped", "On its way.", tracking_number="TRK1")
    expect(shop.locator("#order-facts")).to_contain_text("TRK1", timeout=SOON)


def test_a_reload_while_waiting_goes_on_with_the_same_order(shop: Page, desk: HandDesk) -> None:
    place(shop)
    assert shop.url.endswith("#order=ORD-AAAAAAAAAA")
    shop.reload()
    expect(shop.locator("#order-title")).to_have_text("Order received", timeout=SOON)
    desk.move("shipped", "On its way.")
    expect(shop.locator("#order-title")).to_have_text("Your order is on its way", timeout=SOON)
    assert len(desk.orders) == 1


def test_a_reload_without_products_still_follows_the_order(shop: Page, desk: HandDesk) -> None:
    place(shop)
    shop.route("**/api/products", lambda route: route.abort())
    shop.reload()
    expect(shop.locator("#products-status")).to_contain_text("could not be loaded")
    expect(shop.locator("#order-title")).to_have_text("Order received", timeout=SOON)


@pytest.mark.parametrize("name", ["ORD-BBBBBBBBBB", "%E0%A4%A"])
def test_an_address_that_names_no_order_does_no_harm(shop: Page, desk: HandDesk, name: str) -> None:
    shop.goto(f"{shop.url}#order={name}")
    shop.reload()
    if name.startswith("ORD"):
        expect(shop.locator("#order-title")).to_have_text("There is no order of this id.")
    place(shop)
    assert len(desk.orders) == 1


def test_a_double_click_is_one_order(shop: Page, desk: HandDesk) -> None:
    posts: list[str] = []
    shop.on("request", lambda one: posts.append(one.method) if one.method == "POST" else None)
    desk.open.clear()
    fill(shop)
    button = shop.get_by_role("button", name="Place order")
    button.dblclick()
    expect(button).to_have_attribute("aria-disabled", "true")
    shop.get_by_label("Customer ID").press("Enter")
    desk.open.set()
    expect(shop.locator("#order-title")).to_have_text("Order received")
    assert (posts, len(desk.orders)) == (["POST"], 1)


def test_trouble_keeps_the_cart_and_the_key(shop: Page, desk: HandDesk) -> None:
    keys: list[str | None] = []
    shop.on("request", lambda one: keys.append(one.headers.get("idempotency-key")))
    desk.trouble = DeskTroubleError("throttled", "Too much to do.", 5)
    fill(shop)
    shop.get_by_role("button", name="Place order").click()
    expect(shop.locator("#order-title")).to_have_text("Too much to do.")
    expect(shop.locator("#order-message")).to_have_text(
        "Try again in a moment: the order will not be placed twice."
    )
    expect(shop.locator("#cart-count")).to_have_text("1")
    desk.trouble = None
    shop.reload()
    shop.get_by_label("Customer ID").fill("CUST-67890")
    shop.get_by_role("button", name="Place order").click()
    expect(shop.locator("#order-title")).to_have_text("Order received")
    used = [key for key in keys if key]
    assert len(used) == 2
    assert {*used} == {*desk.orders}


def test_a_second_order_has_a_key_of_its_own(shop: Page, desk: HandDesk) -> None:
    place(shop)
    desk.move("shipped", "On its way.")
    expect(shop.locator("#order-title")).to_have_text("Your order is on its way", timeout=SOON)
    place(shop)
    assert len(desk.orders) == 2


def test_a_shop_without_a_workflow_says_so_and_keeps_the_cart(closed_shop: Page) -> None:
    fill(closed_shop)
    closed_shop.get_by_role("button", name="One Deck Lantern more").click()
    expect(closed_shop.locator("#cart-amount")).to_contain_text("59.98")
    closed_shop.get_by_role("button", name="Place order").click()
    expect(
        closed_shop.get_by_text("Ordering is not available in this deployment yet.").first
    ).to_be_visible()
    expect(closed_shop.locator("#cart-count")).to_contain_text("2")


def test_an_order_can_be_placed_by_keyboard_alone(shop: Page, desk: HandDesk) -> None:
    def tab_to(what: str) -> None:
        for _ in range(40):
            shop.keyboard.press("Tab")
            name = shop.evaluate(
                "(e => e.getAttribute('aria-label') || e.labels?.[0]?.textContent"
                " || e.textContent)(document.activeElement)"
            )
            if re.match(what, str(name).strip()):
                return
        pytest.fail(f"{what} is not reached by Tab")

    tab_to("Add Deck Lantern")
    shop.keyboard.press("Enter")
    tab_to("Customer ID")
    shop.keyboard.type("CUST-67890")
    tab_to("Works")
    shop.keyboard.press("ArrowDown")
    tab_to("Place order")
    shop.keyboard.press("Enter")
    expect(shop.locator("#order-title")).to_have_text("Order received")
    assert [order.payment_token for order in desk.orders.values()] == ["tok_declined"]


def test_a_phone_sees_order_and_form_without_sideways_scrolling(
    phone: Page, desk: HandDesk
) -> None:
    def wider() -> bool:
        return bool(phone.evaluate("document.documentElement.scrollWidth > window.innerWidth"))

    fill(phone)
    expect(phone.get_by_label("Is declined")).to_be_visible()
    box = phone.locator("label", has_text="Is declined").bounding_box()
    assert box is not None
    assert box["height"] >= 44, "too small for a finger"
    assert not wider()
    phone.get_by_role("button", name="Place order").click()
    expect(phone.locator("#order-title")).to_have_text("Order received")
    desk.move("shipped", "On its way.", tracking_number="TRK123456", transaction_id="txn_1")
    expect(phone.locator("#order-facts")).to_contain_text("TRK123456", timeout=SOON)
    expect(phone.locator("#order-title")).to_be_in_viewport()
    assert not wider()
    phone.reload()
    expect(phone.locator("#order-title")).to_be_in_viewport(timeout=SOON)
