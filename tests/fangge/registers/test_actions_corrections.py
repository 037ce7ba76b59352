"""A steward decides what a text means: at once, for like texts too, once, and undone."""

from datetime import datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from tests.makers import PASSWORD, make_staff, send_addresses, steward

from fangge.access.rules import VERBS, Role
from fangge.audit.models import Entry
from fangge.fusion.actions.link import link_registers, linking_actor
from fangge.fusion.models.decision import LinkDecision
from fangge.kernel.actor import Actor
from fangge.kernel.errors import Missing, Refused
from fangge.registers.actions.corrections import (
    NameTaken,
    NameUnfit,
    TextDecided,
    ask_to_look,
    choose_address,
    mark_absent,
    withdraw_decision,
)
from fangge.registers.actions.finding import find_addresses
from fangge.registers.actions.index import compile_index, match_texts
from fangge.registers.actions.offer import offer_choices
from fangge.registers.actions.waiting import keep_waiting_texts
from fangge.registers.adapters.addresses import current_folder
from fangge.registers.models.address import Address, AddressAlias
from fangge.registers.models.correction import AddressDecision, Choice, WaitingText
from fangge.registers.rules.corrections import Naming

pytestmark = pytest.mark.django_db
NICKNAME = "烟雨听橹轩"


def other_steward() -> Actor:
    return Actor(
        reference="staff:other", name="other", roles=("steward",), verbs=VERBS[Role.STEWARD]
    )


def rooms_of_an_estate() -> tuple[Address, list[Address]]:
    """Give an estate whose name is its own, and some rooms in it."""
    for estate in Address.objects.filter(level="estate", ends_on=None).order_by("id"):
        rooms = Address.objects.filter(
            level="room", ends_on=None, full_name__startswith=estate.full_name
        ).order_by("id")[:4]
        if len(rooms) == 4 and Address.objects.filter(name=estate.name).count() == 1:
            return estate, list(rooms)
    raise AssertionError("the district has no such estate")


def by_nickname(estate: Address, room: Address) -> str:
    return NICKNAME + room.full_name.removeprefix(estate.full_name)


def let_wait(texts: list[str], folder: Path, now: datetime) -> tuple[list[int], list[WaitingText]]:
    records = send_addresses(texts, folder=folder, now=now)
    run(now)
    return records, [WaitingText.objects.get(text=text) for text in texts]


def waiting(texts: list[str], now: datetime) -> list[WaitingText]:
    """Let texts wait as a link run would leave them."""
    frame = pl.DataFrame(
        {
            "text": texts,
            "record_id": range(1, len(texts) + 1),
            "score": [0.3] * len(texts),
            "reasons": [[f"unread:{NICKNAME}"]] * len(texts),
            "grid_id": pl.Series([None] * len(texts), dtype=pl.Int64),
        }
    )
    keep_waiting_texts(actor=linking_actor(), texts=frame, now=now)
    return [WaitingText.objects.get(text=text) for text in texts]


def choice_on(text: WaitingText) -> str:
    text.refresh_from_db()
    assert text.settled_by is not None
    return text.settled_by.choice


def run(now: datetime) -> None:
    link_registers(actor=linking_actor(), tell=lambda _: None, now=now)


def found_for(record_id: int) -> int | None:
    return LinkDecision.objects.get(
        record_id=record_id, kind="address", part="resident", is_current=True
    ).entry_id


def test_a_name_settles_like_texts_until_it_is_taken_back(tmp_path: Path, noon: datetime) -> None:
    estate, rooms = rooms_of_an_estate()
    texts = [by_nickname(estate, room) for room in rooms]
    records, held = let_wait(texts, tmp_path, noon)
    assert [found_for(record) for record in records] == [None] * 4

    naming = Naming(NICKNAME, estate.pk)
    offer = offer_choices(
        actor=steward(), text_id=held[0].pk, code=rooms[0].code, typed="", own=naming
    )
    assert {other.text for other in offer.namings[0].others} == set(texts[1:])
    decision = choose_address(
        actor=steward(), text_id=held[0].pk, code=rooms[0].code, naming=naming,
        reason="what people call it", now=noon,
    )  # fmt: skip
    assert decision.settled.count() == 4
    assert next(a.pk for a, _ in find_addresses(actor=steward(), text=texts[1])) == rooms[1].pk

    run(noon + timedelta(hours=1))
    assert [found_for(record) for record in records] == [room.pk for room in rooms]
    assert not WaitingText.objects.filter(text__in=texts, settled_by=None).exists()

    withdraw_decision(
        actor=steward(), decision_id=decision.pk, reason="", now=noon + timedelta(hours=2)
    )
    assert WaitingText.objects.filter(text__in=texts, settled_by=None).count() == 4
    run(noon + timedelta(hours=3))
    assert [found_for(record) for record in records] == [None] * 4
    assert WaitingText.objects.filter(text__in=texts, settled_by=None).count() == 4


def test_a_decision_survives_a_rebuilt_index(noon: datetime) -> None:
    estate, rooms = rooms_of_an_estate()
    (text,) = waiting([by_nickname(estate, rooms[0])], noon)
    choose_address(
        actor=steward(), text_id=text.pk, code=rooms[0].code,
        naming=Naming(NICKNAME, estate.pk), reason="", now=noon,
    )  # fmt: skip
    folder = compile_index(run_id=10**9)
    found = match_texts(pl.Series([by_nickname(estate, rooms[2]), NICKNAME]), folder=folder)
    assert found["code"].to_list() == [rooms[2].code, estate.code]
    assert found["asserted"].to_list()[0]


def test_a_decision_without_a_name_holds_for_exactly_that_text(noon: datetime) -> None:
    estate, rooms = rooms_of_an_estate()
    texts = [by_nickname(estate, room) for room in rooms[:2]]
    text, _ = waiting(texts, noon)
    choose_address(
        actor=steward(), text_id=text.pk, code=rooms[0].code, naming=None, reason="", now=noon
    )
    found = match_texts(pl.Series([texts[0], f" {texts[0]} ", texts[1]]), folder=current_folder())
    assert found["code"].to_list()[:2] == [rooms[0].code] * 2
    assert found["asserted"].to_list() == [True, True, False]
    assert not AddressAlias.objects.filter(name=NICKNAME).exists()


def test_two_stewards_at_once_one_wins_and_sending_twice_is_harmless(noon: datetime) -> None:
    estate, rooms = rooms_of_an_estate()
    (text,) = waiting([by_nickname(estate, rooms[0])], noon)

    def choose(actor: Actor, code: str) -> AddressDecision:
        return choose_address(
            actor=actor, text_id=text.pk, code=code, naming=None, reason="", now=noon
        )

    first = choose(steward(), rooms[0].code)
    assert choose(steward(), rooms[0].code).pk == first.pk
    with pytest.raises(TextDecided, match="staff:steward"):
        choose(other_steward(), rooms[1].code)
    with pytest.raises(TextDecided):
        mark_absent(actor=steward(), text_id=text.pk, reason="", now=noon)
    undone = withdraw_decision(actor=steward(), decision_id=first.pk, reason="", now=noon)
    again = withdraw_decision(actor=steward(), decision_id=first.pk, reason="", now=noon)
    assert again.pk == undone.pk
    assert AddressDecision.objects.filter(text=text.text).count() == 2
    assert Entry.objects.filter(verb__startswith="corrections.").count() == 2


def test_what_is_absent_stays_settled_and_what_is_to_be_seen_stays_open(
    tmp_path: Path, noon: datetime
) -> None:
    estate, rooms = rooms_of_an_estate()
    texts = [by_nickname(estate, room) for room in rooms[:2]]
    _, (absent, seen) = let_wait(texts, tmp_path, noon)
    mark_absent(actor=steward(), text_id=absent.pk, reason="demolished", now=noon)
    ask_to_look(actor=steward(), text_id=seen.pk, reason="", now=noon)
    run(noon + timedelta(hours=1))
    assert choice_on(absent) == Choice.ABSENT
    assert choice_on(seen) == Choice.VISIT
    choose_address(
        actor=other_steward(), text_id=seen.pk, code=rooms[1].code, naming=None,
        reason="seen on site", now=noon + timedelta(hours=2),
    )  # fmt: skip
    assert choice_on(seen) == Choice.ADDRESS


def test_a_name_must_stand_in_the_text_and_be_nobody_elses(noon: datetime) -> None:
    estate, rooms = rooms_of_an_estate()
    other = Address.objects.filter(level="estate").exclude(pk=estate.pk).order_by("id")[0]
    text = f"{other.name}旁{NICKNAME}{rooms[0].name}"
    (held,) = waiting([text], noon)
    for wording, kind in ((other.name, NameTaken), ("观山望月楼", NameUnfit), ("501", NameUnfit)):
        with pytest.raises(kind):
            choose_address(
                actor=steward(), text_id=held.pk, code=rooms[0].code,
                naming=Naming(wording, estate.pk), reason="", now=noon,
            )  # fmt: skip
    with pytest.raises(NameUnfit):
        choose_address(
            actor=steward(), text_id=held.pk, code=rooms[0].code,
            naming=Naming(NICKNAME, other.pk), reason="", now=noon,
        )  # fmt: skip


def test_only_stewards_decide_and_only_in_their_area(noon: datetime) -> None:
    estate, rooms = rooms_of_an_estate()
    (text,) = waiting([by_nickname(estate, rooms[0])], noon)
    worker = make_staff(Role.GRID_WORKER)
    with pytest.raises(Refused):
        mark_absent(actor=worker, text_id=text.pk, reason="", now=noon)
    elsewhere = Actor(
        reference="staff:far", name="", roles=(), verbs=VERBS[Role.STEWARD], grid_ids=frozenset()
    )
    with pytest.raises(Missing):
        mark_absent(actor=elsewhere, text_id=text.pk, reason="", now=noon)


def test_texts_of_other_districts_do_not_wait(noon: datetime) -> None:
    assert not WaitingText.objects.filter(text__contains="瑶海区").exists()


def test_a_steward_works_the_queue_over_http(noon: datetime) -> None:
    from django.test import Client

    make_staff(Role.STEWARD)
    browser = Client()
    browser.post("/access/sign-in", {"username": "test-steward", "password": PASSWORD})
    estate, rooms = rooms_of_an_estate()
    texts = [by_nickname(estate, room) for room in rooms[:2]]
    text, other = waiting(texts, noon)
    assert texts[0] in browser.get("/registers/addresses/waiting/").content.decode()
    url = f"/registers/addresses/waiting/{text.pk}"
    page = browser.get(url, {"code": rooms[0].code, "names": str(estate.pk), "wording": NICKNAME})
    assert texts[1] in page.content.decode()
    sent = {"code": rooms[0].code, "naming": f"{estate.pk}:{NICKNAME}", "reason": ""}
    assert browser.post(url, sent).status_code == 302
    assert browser.post(url, sent).status_code == 302
    assert browser.post(url, {**sent, "code": rooms[1].code}).status_code == 409
    decision = AddressDecision.objects.get(text=texts[0])
    other.refresh_from_db()
    assert other.settled_by == decision
    undo = f"/registers/addresses/decisions/{decision.pk}/undo"
    assert browser.post(undo).headers["Location"] == url
    other.refresh_from_db()
    assert other.settled_by is None
    aside = browser.post(f"{url}/set-aside", {"choice": "visit", "reason": "a new gate"})
    assert aside.status_code == 302
    assert texts[0] in browser.get("/registers/addresses/waiting/?state=visit").content.decode()
