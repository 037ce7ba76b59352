"""Departmental returns: asked once, approved by another, made with a mark and a trail."""

import csv
import io
from dataclasses import replace
from datetime import date, datetime, timedelta
from uuid import uuid4

import pytest
from django.test import Client
from openpyxl import load_workbook
from tests.makers import PASSWORD, make_staff

from fangge.access.rules import Role
from fangge.areas.models import Area
from fangge.audit.models import Entry
from fangge.disclosure.actions.releasing import TooNear
from fangge.kernel.actor import Actor
from fangge.kernel.cells import guard_cell
from fangge.kernel.errors import Refused
from fangge.registers.actions.returns.asking import AlreadyHeld, ReturnRefused, Wish, ask_return
from fangge.registers.actions.returns.counting import count_return
from fangge.registers.actions.returns.making import (
    NotApproved,
    OwnReturn,
    decide_return,
    make_return,
)
from fangge.registers.models.occupancy import Occupancy
from fangge.registers.models.organisation import Organisation
from fangge.registers.models.resident import Resident
from fangge.registers.models.returns import DepartmentalReturn
from fangge.registers.queries.returns import count_saved, read_rows
from fangge.registers.rules.masking import RETURNED_FOR
from fangge.registers.rules.returns import Selection, is_held_by

pytestmark = pytest.mark.django_db
ROSTER = Wish(
    title="入户走访名册",
    department="区民政局",
    register="resident",
    purpose="verify",
    reason="高龄津贴核实",
    legal_basis="《老年人权益保障法》第三十三条",
    fields=("name", "address"),
    is_total=False,
    area_id=None,
    day=date(2026, 11, 20),
)


@pytest.fixture
def steward() -> Actor:
    return make_staff(Role.STEWARD)


@pytest.fixture
def other() -> Actor:
    return make_staff(Role.STEWARD, username="test-second")


def local(wish: Wish = ROSTER) -> Wish:
    """Ask it of the community where the first grid lies."""
    grid = Area.objects.filter(kind="grid").order_by("code")[0]
    return replace(wish, area_id=grid.parent_id)


def approved(wish: Wish, steward: Actor, other: Actor, now: datetime) -> DepartmentalReturn:
    held = ask_return(actor=steward, wish=wish, token=uuid4(), now=now)
    return decide_return(actor=other, return_id=held.pk, is_approved=True, reason="", now=now)


def test_a_return_is_approved_by_another_before_it_is_made(
    steward: Actor, other: Actor, noon: datetime
) -> None:
    held = ask_return(actor=steward, wish=local(), token=uuid4(), now=noon)
    with pytest.raises(NotApproved):
        make_return(actor=steward, return_id=held.pk, form="csv", now=noon)
    with pytest.raises(OwnReturn):
        decide_return(actor=steward, return_id=held.pk, is_approved=True, reason="", now=noon)
    decide_return(actor=other, return_id=held.pk, is_approved=True, reason="", now=noon)
    made = make_return(actor=steward, return_id=held.pk, form="csv", now=noon)
    lines = list(csv.reader(io.StringIO(made.body.decode("utf-8-sig"))))
    assert "高龄津贴核实" in lines[0][-1]
    assert "区民政局" in lines[0][-1]
    assert {line[-1] for line in lines[1:]} == {made.code}
    assert len(lines) > 100


def test_everybody_in_a_roster_has_the_look_in_their_trail(
    steward: Actor, other: Actor, noon: datetime
) -> None:
    held = approved(local(), steward, other, noon)
    rows = read_rows(actor=steward, held=held)
    make_return(actor=steward, return_id=held.pk, form="xlsx", now=noon)
    looks = Entry.objects.filter(verb="returns.make", subject_kind="resident")
    assert set(looks.values_list("subject_id", flat=True)) == set(rows.subjects)
    assert looks[0].fields == ["address", "name"]
    assert looks[0].object_reference == f"return:{held.pk}"


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"fields": ("identifier",)}, ("fields", "no_fields")),
        ({"purpose": "statistics"}, ("fields", "beyond_purpose")),
        ({"is_total": True}, ("fields", "too_fine")),
        ({"purpose": "curious"}, ("purpose", "required")),
        ({"area_id": None}, ("area", "too_wide")),
        ({"reason": " "}, ("reason", "required")),
        ({"day": date(2027, 1, 1)}, ("day", "future")),
    ],
)
def test_a_return_asks_for_no_more_than_its_purpose_needs(
    steward: Actor, noon: datetime, changes: dict[str, object], fault: tuple[str, str]
) -> None:
    with pytest.raises(ReturnRefused) as told:
        ask_return(actor=steward, wish=replace(local(), **changes), token=uuid4(), now=noon)  # type: ignore[arg-type]
    assert fault in told.value.faults


def test_numbers_of_persons_are_in_no_return() -> None:
    assert not {"identifier", "phone"} & frozenset().union(*RETURNED_FOR.values())


def test_asking_again_for_what_is_held_points_to_it(
    steward: Actor, other: Actor, noon: datetime
) -> None:
    held = approved(replace(local(), fields=("name", "address", "sex")), steward, other, noon)
    with pytest.raises(AlreadyHeld) as told:
        ask_return(actor=other, wish=local(), token=uuid4(), now=noon)
    assert told.value.return_id == held.pk
    held.refresh_from_db()
    assert held.n_asked_again == 1
    assert count_saved().n_asked_again == 1
    more = replace(local(), fields=("name", "birth_on"))
    assert ask_return(actor=other, wish=more, token=uuid4(), now=noon).pk != held.pk


def test_what_holds_an_ask_has_its_fields_its_area_and_is_fresh() -> None:
    day = date(2026, 11, 20)
    whole = Selection("resident", frozenset({"name", "address"}), None, is_total=False, day=day)
    part = replace(whole, fields=frozenset({"name"}), grid_ids=frozenset({1, 2}))
    assert is_held_by(part, whole)
    assert not is_held_by(whole, part)
    assert not is_held_by(replace(part, day=day + timedelta(days=31)), whole)
    assert not is_held_by(replace(part, is_total=True), whole)
    assert not is_held_by(part, replace(whole, grid_ids=frozenset({1})))


def statistics(*fields: str, day: date = date(2026, 11, 20)) -> Wish:
    return replace(ROSTER, purpose="statistics", is_total=True, fields=fields, day=day)


def test_small_counts_are_not_shown(steward: Actor, other: Actor, noon: datetime) -> None:
    three = Occupancy.objects.filter(kind="resident", ends_on=None).order_by("resident_id")[:3]
    Resident.objects.filter(pk__in=three.values("resident_id")).update(
        sex="", birth_on="2000-01-01"
    )
    held = approved(statistics("grid", "age_group", "sex"), steward, other, noon)
    rows = count_return(actor=steward, held=held, now=noon)
    shown = {row[-1] for row in rows.rows}
    assert rows.n_suppressed > 0
    assert "hidden" in shown or "不公开" in shown
    assert not {"1", "2", "3", "4"} & shown
    assert "0" in shown
    assert rows.subjects == []


def test_two_returns_of_one_day_do_not_tell_what_either_hides(
    steward: Actor, other: Actor, noon: datetime
) -> None:
    """What the finer hides, the coarser and the sums do not tell: a grid's sex from its whole."""
    fine = approved(statistics("grid", "sex"), steward, other, noon)
    coarse = approved(statistics("grid"), steward, other, noon)
    told = count_return(actor=steward, held=fine, now=noon).rows
    totals = dict(count_return(actor=steward, held=coarse, now=noon).rows)
    for grid, total in totals.items():
        parts = [row[-1] for row in told if row[0] == grid]
        hidden = [part for part in parts if not part.isdecimal()]
        if total.isdecimal():
            assert len(hidden) != 1, (grid, parts)
            if not hidden:
                assert sum(map(int, parts)) == int(total)


def test_the_day_after_one_household_came_is_not_told_beside_the_day_before(
    steward: Actor, other: Actor, noon: datetime
) -> None:
    before = approved(statistics("sex"), steward, other, noon)
    told = count_return(actor=steward, held=before, now=noon)
    three = Occupancy.objects.filter(kind="resident", ends_on=None).order_by("resident_id")[:3]
    Occupancy.objects.filter(pk__in=[one.pk for one in three]).update(starts_on="2026-11-21")
    assert count_return(actor=other, held=before, now=noon).rows == told.rows, "told once"
    after = replace(statistics("sex", day=date(2026, 11, 22)), title="次日")
    held = DepartmentalReturn.objects.create(
        token=uuid4(), title=after.title, department=after.department, register="resident",
        purpose="statistics", reason="x", legal_basis="x", fields=["sex"], is_total=True,
        day=date(2026, 11, 22), asked_at=noon, asked_by=other.reference, state="approved",
    )  # fmt: skip
    Occupancy.objects.filter(pk__in=[one.pk for one in three]).update(ends_on="2026-11-22")
    with pytest.raises(TooNear, match=f"return:{before.pk}"):
        make_return(actor=steward, return_id=held.pk, form="csv", now=noon)
    page = Client()
    page.post("/access/sign-in", {"username": "test-steward", "password": PASSWORD})
    shown = page.get(f"/registers/returns/{held.pk}")
    assert shown.context["refusal"]
    assert shown.context.get("preview") is None


def test_rows_are_those_the_maker_may_see(steward: Actor, other: Actor, noon: datetime) -> None:
    held = approved(local(), steward, other, noon)
    grid = Area.objects.filter(kind="grid").order_by("code")[0]
    scoped = replace(steward, grid_ids=frozenset({grid.pk}))
    nobody = replace(steward, grid_ids=frozenset({0}))
    assert len(read_rows(actor=scoped, held=held).rows) > 0
    assert read_rows(actor=nobody, held=held).rows == []
    analyst = make_staff(Role.ANALYST)
    with pytest.raises(Refused):
        make_return(actor=analyst, return_id=held.pk, form="csv", now=noon)


def test_formulas_stay_text_in_every_form(steward: Actor, other: Actor, noon: datetime) -> None:
    firm = Organisation.objects.exclude(address=None).filter(ends_on=None).order_by("id")[0]
    Organisation.objects.filter(pk=firm.pk).update(name='=HYPERLINK("http://x","茶")')
    wish = replace(ROSTER, register="organisation", fields=("name", "community"))
    held = approved(wish, steward, other, noon)
    guarded = '\'=HYPERLINK("http://x","茶")'
    for form, encoding in (("csv", "utf-8-sig"), ("csv-gb", "gb18030")):
        body = make_return(actor=steward, return_id=held.pk, form=form, now=noon).body
        cells = {row[1] for row in csv.reader(io.StringIO(body.decode(encoding))) if len(row) > 1}
        assert guarded in cells
    body = make_return(actor=steward, return_id=held.pk, form="xlsx", now=noon).body
    sheet = load_workbook(io.BytesIO(body)).worksheets[0]
    assert guarded in {row[1] for row in sheet.iter_rows(values_only=True)}
    assert "高龄津贴核实" in str(sheet.oddFooter.left.text)
    assert [guard_cell(text) for text in ("+1", "@a", "平江路")] == ["'+1", "'@a", "平江路"]


def test_the_pages_ask_point_approve_and_give_the_file() -> None:
    make_staff(Role.STEWARD)
    make_staff(Role.STEWARD, username="test-second")
    first, second = Client(), Client()
    first.post("/access/sign-in", {"username": "test-steward", "password": PASSWORD})
    second.post("/access/sign-in", {"username": "test-second", "password": PASSWORD})
    form = {
        "title": "网格人口结构", "department": "区统计局", "register": "resident",
        "purpose": "statistics", "reason": "年度统计", "legal_basis": "《统计法》第七条",
        "day": "2026-11-20", "is_total": "1", "fields": ["community", "sex"],
    }  # fmt: skip
    assert first.get("/registers/returns/new?register=dwelling").status_code == 200
    assert first.post("/registers/returns/new", form | {"title": ""}).status_code == 422
    where = first.post("/registers/returns/new", form).headers["Location"]
    assert first.post(f"{where}/decide", {"approve": "1"}).status_code == 403
    assert second.post(f"{where}/decide", {"approve": "1"}).status_code == 302
    again = second.post("/registers/returns/new", form)
    assert again.headers["Location"] == where
    page = first.get(where)
    assert page.context["preview"].rows
    made = first.post(f"{where}/make", {"form": "xlsx"})
    assert made.headers["Content-Disposition"].endswith('.xlsx"')
    for language in ("zh-hans", "en"):
        first.post("/i18n/setlang/", {"language": language, "next": "/"})
        for one in ("/registers/returns/", where, "/registers/returns/new?purpose=verify"):
            assert first.get(one).status_code == 200
