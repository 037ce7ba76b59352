"""What the desk shows: marks, the rule by which a value won, and why records are one entry."""

from datetime import date, datetime

import pytest
from django.db import connection
from django.test import Client
from tests.fangge.fusion.doubts import offer_pairs
from tests.makers import make_staff, steward

from fangge.access.models import StaffMember
from fangge.access.rules import Role
from fangge.audit.models import Entry
from fangge.fusion.actions.review.decide import decide_pair
from fangge.fusion.actions.review.looking import look_at_pair
from fangge.fusion.actions.review.why import EntryStory, explain_entry
from fangge.fusion.queries.pairs import open_pairs
from fangge.fusion.rules.marking import Mark, as_marks, mark_differences
from fangge.fusion.rules.survival import Said, name_rule
from fangge.kernel.errors import Missing
from fangge.registers.models.resident import Resident

MAY, JUNE = date(2026, 5, 1), date(2026, 6, 1)


def won(rank: int, said_on: date) -> Said:
    return Said("a", rank, said_on, is_winner=True)


def test_numbers_are_marked_place_by_place() -> None:
    left, right = mark_differences("13812345678", "13812345687")
    same, other = Mark("138123456", differs=False), Mark("78", differs=True)
    assert as_marks("13812345678", left) == [same, other]
    assert right == left


def test_texts_of_other_lengths_are_marked_by_what_they_share() -> None:
    left, right = mark_differences("平江路11号", "平江路11号601室")
    assert not any(left)
    assert as_marks("平江路11号601室", right)[-1] == Mark("601室", differs=True)


def test_marks_stand_on_what_is_masked() -> None:
    differs, _ = mark_differences("张三丰", "张三风")
    assert as_marks("张**", differs) == [Mark("张*", differs=False), Mark("*", differs=True)]


@pytest.mark.parametrize(
    ("said", "rule"),
    [
        ([won(0, MAY)], "only"),
        ([won(0, MAY), Said("a", 1, MAY)], "agreed"),
        ([won(1, MAY), Said("a", 2, MAY), Said("b", 0, JUNE)], "most"),
        ([won(0, MAY), Said("b", 1, JUNE)], "source"),
        ([won(0, JUNE), Said("b", 0, MAY)], "newer"),
        ([won(1, MAY), Said("b", 0, MAY)], "common"),
        ([Said("a", 0, MAY), Said("b", 1, MAY)], "told"),
    ],
)
def test_the_rule_by_which_a_value_won_has_a_name(said: list[Said], rule: str) -> None:
    assert name_rule(said, is_told_elsewhere=False) == rule


def story_of_many(now: datetime, *, purpose: str = "") -> EntryStory:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT entry_id FROM fusion_linkdecision WHERE kind = 'resident' AND is_current "
            "GROUP BY entry_id HAVING count(*) >= 3 ORDER BY entry_id LIMIT 1"
        )
        entry = cursor.fetchone()[0]
    return explain_entry(actor=steward(), kind="resident", entry_id=entry, purpose=purpose, now=now)


@pytest.mark.django_db
def test_an_entry_says_what_holds_its_records_together(noon: datetime) -> None:
    story = story_of_many(noon)
    assert len(story.members) >= 3
    assert len(story.bonds) == len(story.members) - 1
    names = next(one for one in story.fields if one.field == "name")
    assert [told.is_winner for told in names.told].count(True) >= 1
    assert names.is_masked
    assert all("*" in "".join(mark.text for mark in told.marks) for told in names.told)


@pytest.mark.django_db
def test_values_open_for_a_purpose_and_the_look_is_logged(noon: datetime) -> None:
    story = story_of_many(noon, purpose="correction")
    resident = Resident.objects.get(code=story.label.code)
    names = next(one for one in story.fields if one.field == "name")
    assert resident.name in {"".join(mark.text for mark in told.marks) for told in names.told}
    assert Entry.objects.filter(
        verb="residents.open", subject_id=resident.code, purpose="correction"
    ).exists()


@pytest.mark.django_db
def test_a_persons_decision_is_named_as_what_holds_two_together(noon: datetime) -> None:
    offer_pairs(noon, n_pairs=1)
    row = open_pairs(steward(), now=noon).row(0, named=True)
    judgement = decide_pair(actor=steward(), pair_id=row["pair_id"], verdict="same", now=noon)
    kept = judgement.moves[0]["end"]
    story = explain_entry(actor=steward(), kind="resident", entry_id=kept, now=noon)
    assert "person" in {bond.by for bond in story.bonds}
    gone = judgement.moves[0]["start"]
    assert not explain_entry(actor=steward(), kind="resident", entry_id=gone, now=noon).members


@pytest.mark.django_db
def test_what_nobody_may_see_is_not_explained(noon: datetime) -> None:
    with pytest.raises(Missing):
        explain_entry(actor=steward(), kind="resident", entry_id=10**9, now=noon)
    with pytest.raises(Missing):
        explain_entry(actor=steward(), kind="address", entry_id=1, now=noon)


@pytest.mark.django_db
def test_a_pair_shows_masked_until_a_purpose_opens_it(noon: datetime) -> None:
    offer_pairs(noon, n_pairs=1)
    pair_id = int(open_pairs(steward(), now=noon)["pair_id"][0])
    sheet = look_at_pair(actor=steward(), pair_id=pair_id, now=noon)
    shown = {line.field: "".join(mark.text for mark in line.left) for line in sheet.lines}
    assert shown["name"].endswith("*")
    total = sheet.prior_bits + sum(line.bits for line in sheet.lines)
    assert sheet.weight_bits == pytest.approx(total, abs=0.01)
    look_at_pair(actor=steward(), pair_id=pair_id, purpose="correction", now=noon)
    assert Entry.objects.filter(verb="residents.open", purpose="correction").count() >= 2


@pytest.mark.django_db
def test_pages_answer_the_steward_and_nobody_else(noon: datetime, client: Client) -> None:
    offer_pairs(noon, n_pairs=1)
    offer_pairs(noon, n_pairs=1, kind="organisation")
    pairs = open_pairs(steward(), now=noon)
    resident = Resident.objects.order_by("pk")[0]
    pages = ["/fusion/review/", "/fusion/review/decisions/", f"/fusion/why/resident/{resident.pk}",
             *(f"/fusion/review/pairs/{pair_id}" for pair_id in pairs["pair_id"])]  # fmt: skip
    for role, status in ((Role.STEWARD, 200), (Role.ANALYST, 403)):
        make_staff(role, username=f"desk-{role}")
        client.force_login(
            StaffMember.objects.get(username=f"desk-{role}"),
            backend="django.contrib.auth.backends.ModelBackend",
        )
        for page in pages:
            assert client.get(page).status_code == status, page
