"""A worker reports and hands over the receipt; the reporter follows it on a phone."""

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.journeys.test_life_event import enter
from tests.journeys.test_resident import PHONE, check


@pytest.fixture
def phone(chromium: Browser, site: str) -> Page:
    context = chromium.new_context(base_url=site, locale="zh-CN", viewport=PHONE)
    page = context.new_page()
    page.on("pageerror", lambda error: pytest.fail(f"script error: {error}"))
    return page


def test_a_report_is_followed_from_its_receipt(chromium: Browser, site: str, phone: Page) -> None:
    worker = enter(chromium, site, "grid")
    worker.goto("/cases/report")
    worker.get_by_label("什么问题").fill("人行道上堆着装修垃圾")
    worker.get_by_label("在哪里").fill("平江路与大儒巷口")
    worker.locator("main form button.primary").click()
    worker.get_by_role("link", name="带查询码的回执").click()
    code = worker.locator(".slip-code").inner_text()
    check(worker, "receipt")
    phone.goto(f"/follow/#{code}")
    expect(phone.get_by_label("回执上的查询码")).to_have_value(code)
    check(phone, "follow")
    phone.get_by_role("button", name="查看我的上报").click()
    expect(phone.get_by_role("heading", name="下一步")).to_be_visible()
    check(phone, "followed")
    assert code not in phone.url
    phone.get_by_text("撤回上报").click()
    phone.locator("details[open] button").click()
    expect(phone.locator(".timeline")).to_contain_text("您已撤回")
    check(phone, "followed-withdrawn")


def test_the_administrator_issues_a_key_on_the_page(chromium: Browser, site: str) -> None:
    page = enter(chromium, site, "security")
    page.goto("/gateway/keys")
    page.get_by_label("谁的程序").fill("城市热线")
    page.get_by_role("button", name="签发密钥").click()
    expect(page.locator("code.secret")).to_contain_text("fgk_")
    check(page, "keys")
    page.get_by_role("button", name="吊销 城市热线").click()
    expect(page.get_by_text("密钥已吊销，不再有效。")).to_be_visible()


def test_an_answer_is_chosen_changed_and_read(chromium: Browser, site: str, phone: Page) -> None:
    worker, centre = enter(chromium, site, "grid"), enter(chromium, site, "dispatcher")
    worker.goto("/cases/report")
    worker.get_by_label("什么问题").fill("高速公路收费站排队太长")
    worker.get_by_label("在哪里").fill("城北高速口")
    worker.locator("main form button.primary").click()
    number = worker.url.rsplit("/", 1)[1]
    worker.get_by_role("link", name="带查询码的回执").click()
    code = worker.locator(".slip-code").inner_text()
    centre.goto("/cases/answers/not_ours")
    check(centre, "answer")
    centre.goto("/cases/answers")
    check(centre, "answers")
    centre.goto(f"/cases/triage?number={number}")
    centre.locator("summary", has_text="不予受理").click()
    centre.get_by_role("link", name="不归本区办理").click()
    check(centre, "triage-answer")
    centre.goto(f"/cases/{number}")
    centre.locator("summary", has_text="不予受理").click()
    centre.get_by_role("link", name="信息不够，找不到地方").click()
    centre.get_by_role("link", name="不归本区办理").click()
    note = centre.locator("#note-reject")
    said = note.input_value()
    assert number in said
    assert "没有找到" not in said
    check(centre, "case-answer")
    note.fill(f"{said}高速公路由省里管。")
    centre.get_by_role("button", name="不予受理").click()
    phone.goto(f"/follow/#{code}")
    phone.get_by_role("button", name="查看我的上报").click()
    expect(phone.locator(".own-answer")).to_have_text(f"{said}高速公路由省里管。")
    check(phone, "followed-answer")
    # Its open stream would keep the server from ending.
    centre.context.close()
