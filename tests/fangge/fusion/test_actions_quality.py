"""The rule library over the registers: findings open, close by themselves, and are decided on."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.test import Client
from tests.makers import PASSWORD, make_staff

from fangge.access.rules import Role
from fangge.fusion.actions.quality.checking import check_quality, checking_actor
from fangge.fusion.actions.quality.findings import (
    FindingClosed,
    dismiss_finding,
    hand_over_finding,
    reopen_finding,
    take_finding,
)
from fangge.fusion.models.finding import Finding, QualityCheck
from fangge.fusion.models.source import Batch
from fangge.fusion.queries.quality import measure_closing, read_conflicts, read_quality
from fangge.fusion.rules.quality.library import RULES
from fangge.kernel.actor import Actor
from fangge.registers.models.dwelling import Dwelling
from fangge.registers.models.occupancy import Occupancy
from fangge.registers.models.organisation import Organisation
from fangge.registers.models.resident import Resident

pytestmark = pytest.mark.django_db
LOCALE = Path(__file__).resolve().parents[3] / "src/fangge/fusion/locale/zh_Hans/LC_MESSAGES"


@pytest.fixture
def steward() -> Actor:
    return make_staff(Role.STEWARD)


def check(now: datetime) -> QualityCheck:
    return check_quality(actor=checking_actor(), now=now)


def subjects(rule: str, state: str = "open") -> set[int]:
    return set(Finding.objects.filter(rule=rule, state=state).values_list("subject_id", flat=True))


def spoil() -> dict[str, int]:
    """Break one rule of each kind, and give the subject of each."""
    resident = Resident.objects.filter(ends_on=None).order_by("id")[0]
    Resident.objects.filter(pk=resident.pk).update(birth_on="1880-01-01")
    crowd = Dwelling.objects.filter(ends_on=None).order_by("id")[0]
    Dwelling.objects.filter(pk=crowd.pk).update(floor_area_m2=20)
    for person in Resident.objects.filter(ends_on=None).order_by("-id")[:12]:
        Occupancy.objects.update_or_create(
            kind="resident", resident=person, organisation=None, address_id=crowd.address_id,
            defaults={"grid_id": crowd.grid_id, "record_id": 1, "ends_on": None,
                      "changed_at": crowd.changed_at},
        )  # fmt: skip
    firm = Organisation.objects.filter(ends_on=None, address__isnull=False).order_by("id")[0]
    gone = Dwelling.objects.filter(ends_on=None, holds_address=True).order_by("-id")[0]
    Dwelling.objects.filter(pk=gone.pk).update(ends_on="2020-01-01")
    Organisation.objects.filter(pk=firm.pk).update(address=gone.address_id)
    Organisation.objects.filter(pk=firm.pk).update(credit_code="12")
    Batch.objects.filter(source__code="police_population").update(ended_at="2026-01-01T00:00Z")
    return {
        "birth_impossible": resident.pk,
        "dwelling_crowded": crowd.pk,
        "firm_in_place_gone": firm.pk,
        "firm_code_odd": firm.pk,
    }


def test_what_breaks_a_rule_is_found_and_closes_itself_when_mended(noon: datetime) -> None:
    spoilt = spoil()
    Finding.objects.all().delete()  # what the main job found, at today's date and not at noon
    first = check(noon)
    assert set(first.figures) == set(RULES)
    for rule, subject in spoilt.items():
        assert subject in subjects(rule), rule
    late = Finding.objects.get(rule="source_late", subject_id__gt=0, detail__last="2026-01-01")
    assert late.severity == "high"
    Resident.objects.filter(pk=spoilt["birth_impossible"]).update(birth_on="1980-01-01")
    check(noon + timedelta(days=3))
    closed = Finding.objects.get(rule="birth_impossible", subject_id=spoilt["birth_impossible"])
    assert (closed.state, closed.closed_by, closed.is_current) == (
        "mended",
        "system:quality",
        False,
    )
    assert spoilt["firm_code_odd"] in subjects("firm_code_odd")
    closing = measure_closing(noon + timedelta(days=3))
    assert closing.n_closed >= 1
    assert closing.median_days == pytest.approx(3)


def test_checking_twice_changes_no_finding(noon: datetime) -> None:
    check(noon)
    before = list(Finding.objects.order_by("id").values())
    check(noon + timedelta(hours=1))
    assert list(Finding.objects.order_by("id").values()) == before


def test_what_was_dismissed_is_not_asked_again_unless_the_facts_change(
    steward: Actor, noon: datetime
) -> None:
    spoilt = spoil()
    check(noon)
    crowded = Finding.objects.get(rule="dwelling_crowded", subject_id=spoilt["dwelling_crowded"])
    take_finding(actor=steward, finding_id=crowded.pk, now=noon)
    dismiss_finding(actor=steward, finding_id=crowded.pk, reason="集体宿舍", now=noon)
    with pytest.raises(FindingClosed):
        dismiss_finding(actor=steward, finding_id=crowded.pk, reason="again", now=noon)
    check(noon)
    crowded.refresh_from_db()
    assert crowded.state == "dismissed"
    reopen_finding(actor=steward, finding_id=crowded.pk, now=noon)
    dismiss_finding(actor=steward, finding_id=crowded.pk, reason="集体宿舍", now=noon)
    Dwelling.objects.filter(pk=spoilt["dwelling_crowded"]).update(floor_area_m2=10)
    check(noon)
    crowded.refresh_from_db()
    assert crowded.state == "open"
    assert crowded.assigned_to == steward.reference
    hand_over_finding(actor=steward, finding_id=crowded.pk, remedy="mend", now=noon)


def test_sources_that_differ_are_counted_field_by_field(steward: Actor, noon: datetime) -> None:
    done = check(noon)
    told = {(c.field, c.left, c.right): c for c in done.conflicts.all()}
    name = told["name", "health_population", "police_population"]
    assert 0 < name.n_differ < name.n_both / 2
    assert len(name.samples) == min(100, name.n_differ)
    assert {matrix.field for matrix in read_conflicts(actor=steward)} >= {"name", "residence"}
    quality = read_quality(actor=steward, now=noon)
    assert quality is not None
    assert {str(card.dimension) for card in quality.cards} == {
        rule.dimension for rule in RULES.values()
    }


def test_every_rule_says_its_name_and_sentence_in_chinese() -> None:
    catalogue = (LOCALE / "django.po").read_text(encoding="utf-8")
    for rule in RULES.values():
        for text in (rule.name, rule.sentence):
            assert f'msgid "{text}"\n' in catalogue, text


def test_pages_of_quality_open_and_keep_to_the_area(noon: datetime) -> None:
    spoil()
    check(noon)
    make_staff(Role.STEWARD)
    make_staff(Role.ANALYST)
    client = Client()
    client.post("/access/sign-in", {"username": "test-steward", "password": PASSWORD})
    finding = Finding.objects.filter(rule="dwelling_crowded").order_by("id")[0]
    conflict = QualityCheck.objects.latest("id").conflicts.filter(n_differ__gt=0)[0]
    pages = (
        "/fusion/quality/", "/fusion/findings/?dimension=plausibility&severity=medium",
        f"/fusion/findings/{finding.pk}", f"/fusion/quality/conflicts/{conflict.pk}",
        "/fusion/findings/?assigned_to=me&state=mended",
    )  # fmt: skip
    for language in ("zh-hans", "en"):
        client.post("/i18n/setlang/", {"language": language, "next": "/"})
        for page in pages:
            assert client.get(page).status_code == 200, (language, page)
    taken = client.post(f"/fusion/findings/{finding.pk}/take")
    assert taken.status_code == 302
    names = list(Resident.objects.order_by("id").values_list("name", flat=True)[:50])
    shown = client.get("/fusion/findings/?subject=resident").content.decode()
    assert not [name for name in names if name in shown and len(name) > 2]
    analyst = Client()
    analyst.post("/access/sign-in", {"username": "test-analyst", "password": PASSWORD})
    assert analyst.get("/fusion/quality/").status_code == 200
    assert analyst.get("/fusion/findings/").status_code == 403
    assert analyst.post("/fusion/quality/check").status_code == 403
