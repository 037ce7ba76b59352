"""The published index follows an act at once, and a link run publishes what acts said meanwhile."""

import re
import shutil
from datetime import date, datetime
from pathlib import Path

import polars as pl
import pytest
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings
from tests.makers import steward

from fangge.registers.actions.acts.deciding import (
    move_address,
    rename_address,
    renumber_address,
    retire_address,
    undo_act,
)
from fangge.registers.actions.finding import find_addresses
from fangge.registers.actions.index import compile_index, match_texts, publish_index
from fangge.registers.adapters.addresses import current_folder, index_folder
from fangge.registers.models.address import Address

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 23)


@pytest.fixture
def own_index(settings: Settings, tmp_path: Path) -> None:
    """An index of the test's own: what it publishes must not outlive it."""
    shutil.copytree(index_folder(), tmp_path / "address-index")
    settings.FANGGE_DATA = tmp_path


def an_estate() -> Address:
    held = Address.objects.filter(level="estate", ends_on=None).order_by("id")
    return next(one for one in held if Address.objects.filter(name=one.name).count() == 1)


def meant(text: str) -> tuple[str | None, bool]:
    row = match_texts(pl.Series([text]), folder=current_folder()).row(0, named=True)
    return row["code"], row["asserted"]


def test_a_new_name_is_matched_and_searched_at_once(
    own_index: None,
    noon: datetime,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    estate = an_estate()
    room = Address.objects.filter(level="room", full_name__startswith=estate.full_name)[0]
    text = room.full_name.replace(estate.name, "新雅兰庭").split("号", 1)[1]
    assert meant(text) != (room.code, True)
    with django_capture_on_commit_callbacks(execute=True):
        act = rename_address(
            actor=steward(), address_id=estate.pk, name="新雅兰庭", effective_on=TODAY,
            reason="decree", now=noon,
        )  # fmt: skip
    assert meant(text) == (room.code, True)
    assert find_addresses(actor=steward(), text="新雅兰庭")[0][0].code == estate.code
    with django_capture_on_commit_callbacks(execute=True):
        undo_act(actor=steward(), act_id=act.pk, reason="", now=noon)
    assert meant(text) != (room.code, True)


def test_what_is_retired_is_found_no_longer(
    own_index: None,
    noon: datetime,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    estate = an_estate()
    assert meant(estate.name) == (estate.code, True)
    with django_capture_on_commit_callbacks(execute=True):
        retire_address(
            actor=steward(), address_id=estate.pk, effective_on=TODAY, reason="gone", now=noon
        )
    assert meant(estate.name)[0] != estate.code


def test_an_index_compiled_before_an_act_is_published_with_it(
    own_index: None, noon: datetime
) -> None:
    estate = an_estate()
    compiled = compile_index(run_id=10**9)
    rename_address(
        actor=steward(), address_id=estate.pk, name="新雅兰庭", effective_on=TODAY,
        reason="decree", now=noon,
    )  # fmt: skip
    publish_index(compiled, since=noon)
    assert meant("新雅兰庭") == (estate.code, True)


def test_the_old_place_is_found_however_it_is_written_until_the_move_is_undone(
    own_index: None,
    noon: datetime,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    estate = an_estate()
    building = estate.children.filter(level="building").order_by("id")[0]
    other = Address.objects.filter(level="estate").exclude(pk=estate.pk).order_by("id")[0]
    room = Address.objects.filter(level="room", full_name__startswith=building.full_name)[0]
    digits = "-".join(re.findall("[0-9]+", room.full_name.removeprefix(estate.full_name)))
    written = (f"{estate.name}{digits}", f"{estate.name} {building.name.replace('幢', '号楼')}")
    codes = (room.code, building.code)
    assert [meant(text) for text in written] == [(code, True) for code in codes]
    acts = []
    with django_capture_on_commit_callbacks(execute=True):
        acts.append(
            renumber_address(
                actor=steward(), address_id=building.pk, name="77幢", effective_on=TODAY,
                reason="plates", now=noon,
            )
        )  # fmt: skip
        acts.append(
            move_address(
                actor=steward(), address_id=building.pk, parent_code=other.code,
                effective_on=TODAY, reason="redrawn", now=noon,
            )
        )  # fmt: skip
    assert [meant(text) for text in written] == [(code, True) for code in codes]
    assert meant(f"{other.name}77-{digits.split('-', 1)[1]}") == (room.code, True)
    with django_capture_on_commit_callbacks(execute=True):
        for act in reversed(acts):
            undo_act(actor=steward(), act_id=act.pk, reason="", now=noon)
    assert [meant(text) for text in written] == [(code, True) for code in codes]
    assert meant(f"{other.name}77-{digits.split('-', 1)[1]}")[0] != room.code


def test_who_stands_there_now_goes_before_who_stood_there(
    own_index: None,
    noon: datetime,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    estate = next(
        one
        for one in Address.objects.filter(level="estate").order_by("id")
        if one.children.filter(level="building").count() > 1
        and Address.objects.filter(name=one.name).count() == 1
    )
    first, second = estate.children.filter(level="building").order_by("id")[:2]
    for building, name in ((first, "77幢"), (second, first.name)):
        with django_capture_on_commit_callbacks(execute=True):
            renumber_address(
                actor=steward(), address_id=building.pk, name=name, effective_on=TODAY,
                reason="plates", now=noon,
            )  # fmt: skip
    assert meant(f"{estate.name}{first.name}") == (second.code, True)
    assert meant(f"{estate.name}{second.name}") == (second.code, True)
    assert meant(f"{estate.name}77幢") == (first.code, True)
