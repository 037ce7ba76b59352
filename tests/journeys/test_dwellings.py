"""Dwellings and their tenants on the screen: the queue, a pair, the entry and why it is one."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from fangge.registers.models.dwelling import Dwelling
from fangge.registers.models.occupancy import Occupancy

pytestmark = pytest.mark.django_db
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]}


def check(page: Page) -> None:
    found = Axe().run(page, options=RULES)
    assert found.violations_count == 0, found.generate_report()


def test_a_steward_looks_at_dwellings_from_queue_to_entry(page: Page) -> None:
    rented = Occupancy.objects.filter(kind="tenant", turn=1).order_by("id")[0]
    home = Dwelling.objects.get(address=rented.address_id, holds_address=True)
    page.goto("/fusion/review/?kind=dwelling")
    expect(page.get_by_role("heading", name="人工比对")).to_be_visible()
    page.locator("table.queue tbody a").first.click()
    expect(page.locator("td.code").first).to_be_visible()
    expect(page.get_by_text("房屋编号").first).to_be_visible()
    check(page)
    page.goto(f"/registers/addresses/{home.address_id}")
    page.get_by_role("link", name=home.code).click()
    expect(page.get_by_role("heading", name="租赁", exact=True)).to_be_visible()
    expect(page.get_by_role("row")).to_have_count(3)
    check(page)
    page.get_by_role("link", name="为何合为一条").click()
    expect(page.get_by_text(home.code).first).to_be_visible()
    check(page)
    page.get_by_role("button", name="English").click()
    page.goto(f"/registers/dwellings/{home.pk}")
    expect(page.get_by_role("heading", name="Tenancies")).to_be_visible()
    expect(page.get_by_text("Number of the dwelling").first).to_be_visible()
    check(page)
