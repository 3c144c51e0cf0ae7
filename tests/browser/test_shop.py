"""The shop's page in a real browser, served by the sandbox's load balancer."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.sandbox.conftest import Sandbox, environment_of

pytestmark = [pytest.mark.sandbox, pytest.mark.browser]


@pytest.fixture(scope="module")
def url(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    sandbox = Sandbox(tmp_path_factory.mktemp("browser") / "state", environment_of("process"))
    up = sandbox.run("up", "--json", "--no-verify")
    assert up.code == 0, up.text
    yield up.document["outputs"]["storefront_url"]
    sandbox.run("down")


@pytest.fixture
def page(browser: Browser, url: str) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 1100, "height": 900})
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(url)
    yield page
    page.close()
    assert errors == []


def test_a_browser_gets_the_shop_with_what_is_for_sale(page: Page) -> None:
    expect(page.locator("#PROD-001")).to_contain_text("Deck Lantern")
    expect(page.locator("#version")).to_have_text("1.0")
    assert page.locator("#products > *").count() == 6


def test_every_file_of_the_page_comes_from_its_own_host(browser: Browser, url: str) -> None:
    asked: list[str] = []
    page = browser.new_page()
    page.on("request", lambda request: asked.append(request.url))
    page.goto(url, wait_until="networkidle")
    page.close()
    assert len(asked) > 3
    assert [address for address in asked if not address.startswith(url)] == []


def test_the_shop_can_be_used_by_keyboard_alone(page: Page) -> None:
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.getAttribute('aria-label') || ''").startswith(
            "Add Deck Lantern"
        ) or "Add Deck Lantern" in page.evaluate("document.activeElement.textContent || ''"):
            break
    else:
        pytest.fail("the button is not reached by Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#cart-count")).to_contain_text("1")


def test_a_phone_sees_no_sideways_scrolling(browser: Browser, url: str) -> None:
    page = browser.new_page(viewport={"width": 360, "height": 740})
    page.goto(url, wait_until="networkidle")
    wider = page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
    page.close()
    assert wider is False
