"""Signing in with a passkey, being asked whether one is still there, on a desk and on a phone."""

import re
from collections.abc import Iterator

import psycopg
import pytest
from axe_playwright_python.sync_playwright import Axe
from django.db import connection
from playwright.sync_api import Browser, Page, ViewportSize, expect
from tests.journeys.conftest import sign_in, type_password

pytestmark = pytest.mark.django_db
DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}
PHONE = ViewportSize(width=390, height=844)
DESK = ViewportSize(width=1366, height=768)


@pytest.fixture
def fresh(chromium: Browser, site: str) -> Iterator[Page]:
    """Open a browser that nobody has signed in with, with a device for passkeys."""
    context = chromium.new_context(base_url=site, locale="zh-CN", viewport=DESK)
    page = context.new_page()
    page.on("pageerror", lambda error: pytest.fail(f"script error: {error}"))
    device = context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    device.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})
    yield page
    context.close()


def sign_out(page: Page) -> None:
    page.get_by_role("banner").get_by_role("button", name="退出").click()
    expect(page.get_by_role("heading", name="登录", exact=True)).to_be_visible()


def test_a_passkey_is_enrolled_opens_alone_and_as_second_step_and_is_taken_away(
    fresh: Page,
) -> None:
    page, inside = fresh, fresh.get_by_role("navigation", name="主导航")
    sign_in(page, "analyst")
    page.get_by_role("link", name="顾分析").click()
    page.get_by_label("设备名称").fill("办公室电脑")
    page.get_by_role("button", name="添加通行密钥").click()
    page.get_by_role("button", name="生成恢复码").click()
    expect(page.locator(".codes li")).to_have_count(10)
    page.get_by_role("link", name="已保存").click()
    expect(page.get_by_text("办公室电脑")).to_be_visible()
    sign_out(page)
    page.get_by_role("button", name="使用通行密钥").click()
    expect(inside).to_be_visible()
    sign_out(page)
    type_password(page, "analyst")
    expect(page.get_by_role("heading", name="第二步验证")).to_be_visible()
    page.get_by_role("button", name="使用通行密钥").click()
    expect(inside).to_be_visible()
    page.goto("/access/account")
    page.get_by_role("button", name="移除: 办公室电脑").click()
    expect(page.get_by_text("已移除")).to_be_visible()
    sign_out(page)
    sign_in(page, "analyst")
    page.goto("/access/account")
    expect(page.get_by_role("region", name="登录记录")).to_contain_text("通行密钥")
    expect(page.get_by_role("region", name="已登录的设备")).to_contain_text("本次会话")


def test_who_is_idle_is_asked_and_stays_or_is_signed_out(fresh: Page) -> None:
    page = fresh
    page.clock.install()
    sign_in(page, "handler")
    let_time_pass("handler", minutes=14)
    page.clock.fast_forward("13:30")
    question = page.get_by_role("dialog", name="还在吗？")
    expect(question).to_be_visible()
    expect(question.locator("output")).to_have_text(re.compile(r"^[01]:\d\d$"))
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]})
    assert found.violations_count == 0, found.generate_report()
    page.keyboard.press("Enter")
    expect(question).to_be_hidden()
    let_time_pass("handler", minutes=16)
    page.clock.fast_forward("14:00")
    expect(page.get_by_text("一段时间没有操作")).to_be_visible()


def let_time_pass(username: str, *, minutes: int) -> None:
    """Age a person's sessions in the database of the site, as the clock would."""
    held = connection.settings_dict
    with psycopg.connect(
        dbname=held["NAME"],
        user=held["USER"],
        password=held["PASSWORD"],
        host=held["HOST"],
        port=held["PORT"] or None,
        autocommit=True,
    ) as direct:
        direct.execute(
            "UPDATE access_staffsession SET last_seen_at = last_seen_at - %s * interval '1 minute' "
            "WHERE staff_id = (SELECT id FROM access_staffmember WHERE username = %s) "
            "AND ended_at IS NULL",
            [minutes, username],
        )


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_pages_of_signing_in_pass_axe_and_fit(fresh: Page, size: ViewportSize) -> None:
    page = fresh
    page.set_viewport_size(size)
    wrong = {}
    paths = ["/access/sign-in", "/access/account", "/access/account/password", "/access/confirm",
             "/access/account/second-factor", "/access/account/code", "/access/sign-ins",
             "person"]  # fmt: skip
    for path in paths:
        if path == "/access/account":
            sign_in(page, "security")
        if path == "person":
            page.get_by_role("link", name="steward").click()
        else:
            page.goto(path)
        found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]})
        width = page.evaluate("document.documentElement.scrollWidth")
        if found.violations_count or width > size["width"]:
            wrong[path] = (width, found.generate_report())
    assert wrong == {}
