"""A steward at the review desk: pairs decided by keys, taken back, and two stewards at once."""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from threading import Barrier, Thread

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from tests.fangge.fusion.doubts import offer_pairs
from tests.makers import steward

NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def doubts(django_db_setup: None, django_db_blocker: object) -> Iterator[None]:
    """Pairs that the server sees, too; nothing of them is left behind."""
    from django.db import connection, transaction

    from fangge.fusion.actions.review.settle import undo_judgement
    from fangge.fusion.models.review import Judgement, JudgementState, PairDecision
    from fangge.fusion.models.run import Pair

    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        with transaction.atomic():
            offer_pairs(NOON, n_pairs=5)
        yield
        for judgement in Judgement.objects.filter(state=JudgementState.IN_FORCE).order_by("-id"):
            undo_judgement(actor=steward(), judgement_id=judgement.pk, now=NOON)
        PairDecision.objects.all().delete()
        Judgement.objects.all().delete()
        Pair.objects.filter(run__started_by="test").delete()
        connection.close()


def lead(page: Page) -> str:
    return page.locator(".page-head .lead").inner_text()


def test_a_steward_decides_by_keys_and_takes_back(doubts: None, page: Page) -> None:
    page.get_by_role("link", name="人工比对").click()
    page.get_by_role("link", name="开始比对").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("是否同一对象？")
    expect(page.locator(".sides mark").first).to_be_visible()
    first, total = page.url, int(lead(page).split("共")[1].strip(" 对"))
    page.keyboard.press("j")
    page.wait_for_url(lambda url: url != first)
    page.keyboard.press("k")
    page.wait_for_url(first)
    page.keyboard.press("1")
    expect(page.get_by_role("status")).to_contain_text("已合并")
    expect(page.locator(".page-head .lead")).to_contain_text("共")
    assert page.url != first
    assert int(lead(page).split("共")[1].strip(" 对")) < total
    page.keyboard.press("u")
    expect(page.get_by_role("status")).to_contain_text("已撤回")
    assert int(lead(page).split("共")[1].strip(" 对")) == total
    page.goto(first)
    for key, told in (("2", "不同"), ("3", "拿不准")):
        page.keyboard.press(key)
        expect(page.get_by_role("status")).to_contain_text(told)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("撤回我的上一次判定")


def test_masked_values_open_for_a_purpose_only(doubts: None, page: Page) -> None:
    page.goto("/fusion/review/next")
    names = page.locator(".sides tbody tr").first
    expect(names).to_contain_text("*")
    page.get_by_label("字段已遮蔽").select_option("correction")
    expect(page.get_by_label("已打开")).to_be_visible()
    expect(names).not_to_contain_text("*")


def test_many_are_chosen_previewed_and_undone_as_one(doubts: None, page: Page) -> None:
    page.goto("/fusion/review/")
    page.get_by_role("checkbox").first.check()
    page.get_by_role("button", name="相同").click()
    expect(page.get_by_text("左侧条目保留编码")).to_be_visible()
    page.get_by_role("button", name="判定", exact=True).click()
    page.get_by_role("link", name="判定记录").click()
    page.get_by_role("button", name="撤回").first.click()
    expect(page.get_by_role("status")).to_contain_text("已撤回")


@pytest.mark.parametrize("path", ["/fusion/review/", "/fusion/review/next",
                                  "/fusion/review/decisions/"])  # fmt: skip
def test_everybody_can_use_the_desk(doubts: None, page: Page, path: str) -> None:
    page.goto(path)
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]})
    assert found.violations_count == 0, found.generate_report()


def test_of_two_stewards_at_once_one_wins_and_the_other_is_told(doubts: None) -> None:
    from dataclasses import replace

    from django.db import connection

    from fangge.fusion.actions.review.decide import PairDecided, decide_pair
    from fangge.fusion.models.review import PairDecision
    from fangge.fusion.queries.pairs import open_pairs

    pair_id = int(open_pairs(steward(), now=NOON)["pair_id"][0])
    together, told, numbers = Barrier(4), [], count()

    def decide() -> None:
        actor = replace(steward(), reference=f"staff:steward-{next(numbers)}")
        together.wait()
        try:
            decide_pair(actor=actor, pair_id=pair_id, verdict="different", now=NOON)
            told.append("kept")
        except PairDecided as error:
            told.append(str(error))
        finally:
            connection.close()

    stewards = [Thread(target=decide) for _ in range(4)]
    for one in stewards:
        one.start()
    for one in stewards:
        one.join()
    assert told.count("kept") == 1
    assert all("decided on this first" in one for one in told if one != "kept")
    assert (
        PairDecision.objects.filter(judgement__decided_by__startswith="staff:steward-").count() == 1
    )
