"""A resident gets a code, sees who looked, asks why, and reads the answer, on a phone."""

import json
import os
import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from click.testing import CliRunner
from playwright.sync_api import Browser, Page, ViewportSize, expect
from tests.fangge.portal.visiting import number_of
from tests.journeys.test_life_event import enter

from fangge.areas.queries import first_area
from fangge.command.audit import command as audit
from fangge.registers.models.occupancy import Occupancy

pytestmark = pytest.mark.django_db
PICTURES = os.environ.get("FANGGE_PICTURES")
PHONE = ViewportSize(width=390, height=844)


def check(page: Page, name: str) -> None:
    """Nothing sticks out of a phone, axe finds nothing; keep a picture where one is asked for."""
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]})
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    if PICTURES:
        page.screenshot(path=f"{PICTURES}/{name}.png", full_page=True)


def issue_slip(officer: Page) -> tuple[str, str]:
    """Let an officer look at a resident, and then issue a code at the counter."""
    held = Occupancy.objects.filter(
        resident__identifier_hash__isnull=False, resident__ends_on=None,
        grid__parent=first_area(kind="community"),
    ).order_by("id")[3]  # fmt: skip
    assert held.resident
    number = number_of(held.resident)
    officer.goto(f"/registers/residents/{held.resident_id}")
    officer.get_by_label("用途").select_option("verify")
    officer.locator("main form button.primary").click()
    officer.get_by_role("link", name="给居民的查询码").click()
    officer.get_by_label("所出示证件上的公民身份号码").fill(number)
    officer.get_by_label("居民本人在场并提出查询").check()
    officer.get_by_role("button", name="发放查询码").click()
    return officer.locator(".slip-code").inner_text(), number


def enter_with_code(chromium: Browser, site: str, code: str, number: str) -> Page:
    context = chromium.new_context(base_url=site, locale="zh-CN", viewport=PHONE)
    page = context.new_page()
    page.on("pageerror", lambda error: pytest.fail(f"script error: {error}"))
    page.goto(f"/own/#{code}")
    expect(page.get_by_label("凭条上的查询码")).to_have_value(code)
    check(page, "door")
    page.get_by_label("身份证号后四位").fill(number[-4:])
    page.get_by_role("button", name="打开我的页面").click()
    return page


def prove_and_ask(page: Page, file: Path) -> None:
    """See the officer's look, check its proof without the server, and ask why."""
    look = page.locator("li", has_text="打开了您信息中的若干项").first
    expect(look).to_contain_text("社区")
    expect(look).to_contain_text("姓名")
    check(page, "looks")
    with page.expect_download() as proof:
        look.get_by_role("link", name=re.compile("证明文件")).click()
    proof.value.save_as(file)
    assert json.loads(CliRunner().invoke(audit, ["verify", str(file)]).output)["fault"] is None
    look.get_by_role("link", name=re.compile("问为什么")).click()
    check(page, "ask")
    page.get_by_label("我不知道这是为了什么").check()
    page.get_by_label("想说的话").fill("请说明原因")
    page.get_by_role("button", name="提交").click()
    expect(page.get_by_text("请说明原因")).to_be_visible()
    expect(page.get_by_text("前答复")).to_be_visible()


def answer_as_dispatcher(chromium: Browser, site: str) -> None:
    dispatcher = enter(chromium, site, "dispatcher")
    dispatcher.get_by_role("link", name=re.compile("居民来问")).click()
    check(dispatcher, "questions")
    dispatcher.get_by_role("link", name=re.compile("^质询 ")).first.click()
    check(dispatcher, "question")
    dispatcher.get_by_label("查看合规", exact=True).check()
    dispatcher.get_by_label("写给居民").fill("上门核实登记，已完成。")
    dispatcher.get_by_role("button", name="答复").click()


def claim_rights(page: Page, number: str) -> None:
    """Ask for a correction, take a copy, ask for deletion."""
    page.get_by_role("link", name="我的权利").click()
    page.get_by_role("link", name="申请更正").click()
    check(page, "correct")
    page.get_by_label("联系电话").fill("13800138000")
    page.get_by_label("理由及凭据").fill("换号了")
    page.get_by_role("button", name="提交").click()
    expect(page.get_by_text("前决定")).to_be_visible()
    with page.expect_download() as copy:
        page.get_by_role("button", name="机读版").click()
    told = json.loads(Path(copy.value.path()).read_text(encoding="utf-8"))
    assert number in {one["value"] for one in told["facts"]}
    page.get_by_role("link", name="申请删除").click()
    page.get_by_label("要删除什么").fill("我已搬走")
    page.get_by_role("button", name="提交").click()
    expect(page.get_by_text("我已搬走")).to_be_visible()


def refuse_as_steward(chromium: Browser, site: str) -> None:
    steward = enter(chromium, site, "steward")
    steward.goto("/desk/claims/")
    check(steward, "claims")
    steward.get_by_role("row", name=re.compile("删除")).get_by_role("link").click()
    check(steward, "claim")
    steward.get_by_label("拒绝，并注明法律依据").check()
    steward.get_by_label("拒绝的依据").select_option("public_duty")
    steward.get_by_label("写给居民").fill("登记为法定职责。")
    steward.locator("main form button.primary").click()
    steward.goto("/desk/retention/")
    check(steward, "retention")


def test_a_resident_sees_who_looked_asks_why_and_claims_rights(
    chromium: Browser, site: str, tmp_path: Path
) -> None:
    officer = enter(chromium, site, "officer")
    code, number = issue_slip(officer)
    expect(officer.locator(".slip-qr svg")).to_be_visible()
    check(officer, "slip")
    page = enter_with_code(chromium, site, code, number)
    prove_and_ask(page, tmp_path / "proof.json")
    officer.goto("/desk/questions/")
    officer.get_by_role("link", name=re.compile("^质询 ")).first.click()
    expect(officer.get_by_text("由您的上级答复")).to_be_visible()
    answer_as_dispatcher(chromium, site)
    page.reload()
    expect(page.get_by_text("上门核实登记，已完成。")).to_be_visible()
    check(page, "answered")
    claim_rights(page, number)
    refuse_as_steward(chromium, site)
    page.goto("/own/rights")
    expect(page.get_by_text("登记为法定职责。")).to_be_visible()
    check(page, "rights")
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", name="My rights")).to_be_visible()
    check(page, "rights-en")
    page.get_by_role("link", name="Who looked at me").click()
    check(page, "looks-en")
    page.get_by_role("button", name="Leave").click()
    page.goto("/own/looks")
    expect(page).to_have_url(re.compile("/own/$"))
