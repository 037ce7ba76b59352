"""The life of an address: every act leads from the old to today's, and can be undone."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from tests.makers import steward

from fangge.access.rules import VERBS, Role
from fangge.fusion.actions.link import link_registers, linking_actor
from fangge.kernel.actor import Actor
from fangge.kernel.errors import Missing, Refused
from fangge.registers.actions.acts.carrying import ActRefused, NameClash
from fangge.registers.actions.acts.deciding import (
    ActUndone,
    apply_due_acts,
    divide_address,
    merge_address,
    move_address,
    rename_address,
    renumber_address,
    retire_address,
    split_address,
    undo_act,
)
from fangge.registers.actions.index import compile_index, match_texts
from fangge.registers.models.act import AddressAct
from fangge.registers.models.address import Address
from fangge.registers.models.correction import WaitingText
from fangge.registers.models.occupancy import Occupancy
from fangge.registers.queries.life import get_life, name_on

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 23)
LATER = datetime(2030, 1, 1, tzinfo=UTC)
COLUMNS = ("code", "name", "full_name", "parent_id", "building_id", "starts_on", "ends_on")


def run(now: datetime) -> None:
    link_registers(actor=linking_actor(), tell=lambda _: None, now=now)


def state() -> set[tuple[object, ...]]:
    return set(Address.objects.values_list(*COLUMNS))


def lived_in(top: Address) -> set[tuple[int, int | None]]:
    """Give who lives or trades in the building of an address now."""
    held = Occupancy.objects.filter(address__building=top.building, ends_on=None)
    return set(held.exclude(kind="registered").values_list("address_id", "resident_id"))


def found(text: str, folder: Path) -> tuple[str | None, bool]:
    row = match_texts(pl.Series([text]), folder=folder).row(0, named=True)
    return row["code"], row["asserted"]


def an_estate() -> Address:
    held = Address.objects.filter(level="estate", ends_on=None).order_by("id")
    return next(one for one in held if Address.objects.filter(name=one.name).count() == 1)


def a_room_of(top: Address) -> Address:
    return Address.objects.filter(level="room", full_name__startswith=top.full_name).order_by("id")[
        0
    ]


def two_numbers() -> tuple[Address, Address]:
    """Give two plain houses on one road."""
    for road in Address.objects.filter(level="road").order_by("id"):
        plain = [
            one
            for one in road.children.filter(level="number", ends_on=None).order_by("id")
            if not one.children.exclude(level="room").exists()
        ]
        if len(plain) > 1:
            return plain[0], plain[1]
    raise AssertionError("no road has two plain houses")


def test_a_renamed_estate_is_found_by_both_names_and_keeps_its_code(noon: datetime) -> None:
    estate = an_estate()
    room, old_name = a_room_of(estate), estate.name
    old_text = room.full_name.split("号", 1)[1]
    act = rename_address(
        actor=steward(), address_id=estate.pk, name="新雅兰庭", effective_on=TODAY,
        reason="by decree", now=noon,
    )  # fmt: skip
    after = Address.objects.get(pk=room.pk)
    assert after.code == room.code
    assert after.full_name == room.full_name.replace(old_name, "新雅兰庭")
    folder = compile_index(run_id=10**9 + 1)
    assert found(old_text, folder) == (room.code, True)
    assert found(old_text.replace(old_name, "新雅兰庭"), folder) == (room.code, True)
    before = TODAY - timedelta(days=1)
    assert name_on(actor=steward(), code=room.code, day=before, now=LATER) == room.full_name
    assert name_on(actor=steward(), code=room.code, day=TODAY, now=LATER) == after.full_name
    life = get_life(actor=steward(), code=estate.code)
    former = next(alias for alias in life.aliases if alias.name == old_name)
    assert (former.kind, former.ends_on) == ("former", TODAY)
    held = state()
    run(noon + timedelta(hours=1))
    assert state() == held, "the link run leaves what a steward said"
    undo_act(actor=steward(), act_id=act.pk, reason="a mistake", now=noon + timedelta(hours=2))
    assert Address.objects.get(pk=room.pk).full_name == room.full_name


def test_a_renumbered_house_leads_from_the_old_number(noon: datetime) -> None:
    first, _ = two_numbers()
    old = first.full_name.split("街道", 1)[1]
    road = first.parent
    assert road is not None
    renumber_address(
        actor=steward(), address_id=first.pk, name="9001号", effective_on=TODAY,
        reason="plates", now=noon,
    )  # fmt: skip
    folder = compile_index(run_id=10**9 + 2)
    assert found(f"{road.name}9001号", folder) == (first.code, True)
    assert found(old, folder) == (first.code, True)


def test_a_split_house_leads_to_its_parts_and_each_room_to_its_own(noon: datetime) -> None:
    building = Address.objects.filter(level="building", ends_on=None).order_by("id")[0]
    units = list(building.children.filter(ends_on=None).order_by("id"))
    room = a_room_of(units[-1])
    old_text = room.full_name.split("号", 1)[1]
    held = state()
    act = split_address(
        actor=steward(), address_id=building.pk, parts=["81幢", "82幢"],
        placing={units[-1].pk: 1}, effective_on=TODAY, reason="two stairwells", now=noon,
    )  # fmt: skip
    life = get_life(actor=steward(), code=building.code)
    assert [one.name for one in life.successors] == ["81幢", "82幢"]
    assert life.address.ends_on == TODAY
    after = Address.objects.get(pk=room.pk)
    assert "82幢" in after.full_name
    assert after.building == life.successors[1]
    folder = compile_index(run_id=10**9 + 3)
    assert found(old_text, folder) == (room.code, True)
    assert not found(building.full_name.split("号", 1)[1], folder)[1], "it may mean either part"
    changed, held_rooms = state(), lived_in(after)
    run(noon + timedelta(hours=1))
    assert state() == changed
    assert lived_in(after) == held_rooms, "who lives there lives there still"
    undo_act(actor=steward(), act_id=act.pk, reason="", now=noon + timedelta(hours=2))
    codes = {row[0] for row in held}
    assert {row for row in state() if row[0] in codes} == held
    assert all(one.ends_on for one in Address.objects.exclude(code__in=codes))
    assert get_life(actor=steward(), code=building.code).successors == []


def test_a_merged_house_leads_to_the_other_with_what_stood_below(noon: datetime) -> None:
    first, second = two_numbers()
    rooms = list(first.children.filter(ends_on=None))
    second.children.update(ends_on=TODAY)
    old = first.full_name.split("街道", 1)[1]
    merge_address(
        actor=steward(), address_id=first.pk, into_code=second.code, effective_on=TODAY,
        reason="one house now", now=noon,
    )  # fmt: skip
    assert [one.code for one in get_life(actor=steward(), code=first.code).successors] == [
        second.code
    ]
    assert all(Address.objects.get(pk=room.pk).parent_id == second.pk for room in rooms)
    assert found(old, compile_index(run_id=10**9 + 4)) == (second.code, True)


def test_a_moved_building_is_found_at_its_old_place(noon: datetime) -> None:
    estate = an_estate()
    building = estate.children.filter(level="building").order_by("id")[0]
    other = Address.objects.filter(level="estate").exclude(pk=estate.pk).order_by("id")[0]
    renumber_address(
        actor=steward(), address_id=building.pk, name="77幢", effective_on=TODAY, reason="to move",
        now=noon,
    )  # fmt: skip
    room = a_room_of(Address.objects.get(pk=building.pk))
    old_text = room.full_name.split("号", 1)[1]
    move_address(
        actor=steward(), address_id=building.pk, parent_code=other.code, effective_on=TODAY,
        reason="the estate was redrawn", now=noon,
    )  # fmt: skip
    after = Address.objects.get(pk=room.pk)
    assert after.full_name.startswith(f"{other.full_name}77幢")
    assert found(old_text, compile_index(run_id=10**9 + 5)) == (room.code, True)
    held = state()
    run(noon + timedelta(hours=1))
    assert state() == held


def test_a_building_is_divided_into_units_and_stays(noon: datetime) -> None:
    first, _ = two_numbers()
    rooms = list(first.children.filter(ends_on=None).order_by("id"))
    divide_address(
        actor=steward(), address_id=first.pk, parts=["1单元", "2单元"], placing={},
        effective_on=TODAY, reason="rebuilt", now=noon,
    )  # fmt: skip
    first.refresh_from_db()
    assert first.ends_on is None
    assert set(first.children.values_list("name", flat=True)) == {"1单元", "2单元"}
    assert all("1单元" in Address.objects.get(pk=room.pk).full_name for room in rooms)


def test_what_is_retired_by_mistake_runs_on_when_undone(noon: datetime) -> None:
    estate = an_estate()
    held = state()
    n_standing = Address.objects.filter(ends_on=None).count()
    act = retire_address(
        actor=steward(), address_id=estate.pk, effective_on=TODAY, reason="pulled down", now=noon
    )
    assert Address.objects.filter(ends_on=None).count() < n_standing - 10
    with pytest.raises(ActRefused, match="已注销"):
        rename_address(
            actor=steward(), address_id=estate.pk, name="别墅", effective_on=TODAY, reason="x",
            now=noon,
        )  # fmt: skip
    ended = state()
    run(noon + timedelta(hours=1))
    assert state() == ended
    named = WaitingText.objects.filter(text__contains=estate.name)
    assert not named.exists(), "that what was retired is gone needs nobody"
    undo = undo_act(actor=steward(), act_id=act.pk, reason="wrong one", now=noon)
    assert undo_act(actor=steward(), act_id=act.pk, reason="wrong one", now=noon).pk == undo.pk
    assert state() == held


def test_an_act_with_a_day_to_come_waits_for_it(noon: datetime) -> None:
    estate, later = an_estate(), TODAY + timedelta(days=30)
    act = rename_address(
        actor=steward(), address_id=estate.pk, name="明日家园", effective_on=later, reason="decree",
        now=noon,
    )  # fmt: skip
    assert Address.objects.get(pk=estate.pk).name == estate.name
    assert apply_due_acts(actor=linking_actor(), now=noon) == 0
    run(noon + timedelta(days=30))
    assert Address.objects.get(pk=estate.pk).name == "明日家园"
    act.refresh_from_db()
    assert act.applied_at is not None


def test_an_act_called_off_before_its_day_changes_nothing(noon: datetime) -> None:
    estate = an_estate()
    act = rename_address(
        actor=steward(), address_id=estate.pk, name="明日家园",
        effective_on=TODAY + timedelta(days=9), reason="decree", now=noon,
    )  # fmt: skip
    undo_act(actor=steward(), act_id=act.pk, reason="", now=noon)
    assert apply_due_acts(actor=linking_actor(), now=noon + timedelta(days=10)) == 0
    assert Address.objects.get(pk=estate.pk).name == estate.name


def test_an_act_that_no_longer_fits_on_its_day_says_so(noon: datetime) -> None:
    first, second = two_numbers()
    for house in (first, second):
        renumber_address(
            actor=steward(), address_id=house.pk, name="9009号",
            effective_on=TODAY + timedelta(days=3), reason="plates", now=noon,
        )  # fmt: skip
    assert apply_due_acts(actor=linking_actor(), now=noon + timedelta(days=3)) == 1
    refused = AddressAct.objects.get(is_current=False)
    assert second.code is not None
    assert "9009号" in refused.details["fault"]


def test_what_does_not_fit_is_refused_with_the_reason(noon: datetime) -> None:
    estate, (first, second) = an_estate(), two_numbers()

    def renumber(name: str, *, reason: str = "plates", on: date = TODAY) -> AddressAct:
        return renumber_address(
            actor=steward(),
            address_id=first.pk,
            name=name,
            effective_on=on,
            reason=reason,
            now=noon,
        )

    for bad in ("", "12", "1 2号", "号" * 61, first.name):
        with pytest.raises(ActRefused):
            renumber(bad)
    with pytest.raises(ActRefused):
        renumber("9001号", reason=" ")
    with pytest.raises(ActRefused):
        renumber("9001号", on=date(1900, 1, 1))
    with pytest.raises(NameClash):
        renumber(second.name)
    with pytest.raises(ActRefused):
        move_address(
            actor=steward(), address_id=estate.pk, parent_code=a_room_of(estate).code,
            effective_on=TODAY, reason="x", now=noon,
        )  # fmt: skip
    assert renumber("9001号").pk == renumber("9001号").pk, "sent twice, done once"


def test_a_later_act_must_be_undone_first(noon: datetime) -> None:
    first, _ = two_numbers()
    acts = [
        renumber_address(
            actor=steward(), address_id=first.pk, name=name, effective_on=TODAY, reason="plates",
            now=noon,
        )
        for name in ("9001号", "9002号")
    ]  # fmt: skip
    with pytest.raises(ActUndone):
        undo_act(actor=steward(), act_id=acts[0].pk, reason="", now=noon)
    for act in reversed(acts):
        undo_act(actor=steward(), act_id=act.pk, reason="", now=noon)
    assert Address.objects.get(pk=first.pk).name == first.name


def test_only_stewards_act_and_only_on_what_they_see(noon: datetime) -> None:
    estate = an_estate()
    looks = Actor(reference="staff:x", name="", roles=(), verbs=VERBS[Role.ANALYST])
    with pytest.raises(Refused):
        retire_address(actor=looks, address_id=estate.pk, effective_on=TODAY, reason="x", now=noon)
    far = Actor(
        reference="staff:y", name="", roles=(), verbs=VERBS[Role.STEWARD], grid_ids=frozenset()
    )
    with pytest.raises(Missing):
        retire_address(actor=far, address_id=estate.pk, effective_on=TODAY, reason="x", now=noon)


def test_codes_are_never_given_again(noon: datetime) -> None:
    first, _ = two_numbers()
    seen: set[str] = set()
    for n in range(2):
        act = split_address(
            actor=steward(), address_id=first.pk, parts=["9001号", "9002号"], placing={},
            effective_on=TODAY, reason="x", now=noon + timedelta(minutes=n),
        )  # fmt: skip
        made = set(Address.objects.filter(starts_on=TODAY).values_list("code", flat=True))
        assert len(made - seen) == 2
        seen |= made
        undo_act(actor=steward(), act_id=act.pk, reason="", now=noon)
