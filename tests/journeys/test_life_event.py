"""A death is registered by one steward and approved by another, in real browsers."""

import json
import os
import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from fangge.areas.queries import first_area
from fangge.registers.models.occupancy import Occupancy

pytestmark = pytest.mark.django_db


def enter(browser: Browser, site: str, username: str) -> Page:
    passwords = json.loads((Path(os.environ["FANGGE_DATA"]) / "demo-accounts.json").read_text())
    page = browser.new_context(base_url=site, locale="zh-CN").new_page()
    page.on("pageerror", lambda error: pytest.fail(f"script error: {error}"))
    page.goto("/")
    page.get_by_label("账号").fill(username)
    page.get_by_label("密码").fill(passwords[username])
    page.get_by_role("button", name="登录", exact=True).click()
    return page


def test_a_death_is_registered_by_one_and_approved_by_another(chromium: Browser, site: str) -> None:
    officer, steward = (enter(chromium, site, name) for name in ("officer", "steward"))
    held = Occupancy.objects.filter(
        kind="resident", ends_on=None, resident__ends_on=None, starts_on__lt="2026-01-01",
        grid__parent=first_area(kind="community"),
    ).order_by("id")[0]  # fmt: skip
    officer.goto(f"/registers/residents/{held.resident_id}")
    officer.get_by_text("登记变动").click()
    officer.get_by_role("link", name="死亡").click()
    officer.get_by_label("发生日期").fill("2026-11-20")
    officer.get_by_label(re.compile("原因|理由")).fill("家属告知")
    officer.get_by_label("核验凭证").fill("医学证明")
    officer.get_by_role("button", name="登记", exact=True).click()
    expect(officer.get_by_text("须由他人审批")).to_be_visible()
    where = officer.url
    steward.goto("/fusion/requests/")
    steward.keyboard.press("j")
    steward.keyboard.press("Enter")
    expect(steward).to_have_url(where)
    steward.get_by_role("button", name="批准").click()
    expect(steward.get_by_text("已批准，台账已更新。")).to_be_visible()
    steward.get_by_role("link", name="打开条目").click()
    expect(steward.get_by_text("2026年11月20日 止")).to_be_visible()
    steward.goto(where)
    steward.get_by_label(re.compile("原因|理由")).fill("误报")
    steward.get_by_role("button", name="撤销登记").click()
    expect(steward.get_by_text("已撤销，台账恢复原状。")).to_be_visible()
    for path in (where, "/fusion/quality/", "/fusion/findings/", "/registers/returns/new"):
        steward.goto(path)
        found = Axe().run(
            steward, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]}
        )
        assert found.violations_count == 0, found.generate_report()
