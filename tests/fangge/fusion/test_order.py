"""What a source says is ordered by the day of its extract: arrival must not matter."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
from django.db import transaction
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.makers import PASSWORD, make_staff, steward

from fangge.access.rules import Role
from fangge.fusion.actions.contracts import keep_contract
from fangge.fusion.actions.ingest import roll_back_batch, stage_file
from fangge.fusion.actions.missing import end_missing, keep_missing
from fangge.fusion.models.source import Batch, Source
from fangge.fusion.queries.records import current_records
from fangge.fusion.rules.order import extract_date
from fangge.kernel.errors import Conflict, Invalid

pytestmark = pytest.mark.django_db
CONTRACT = """
code = "shops"
title = "店铺"
title_en = "Shops"
subject = "organisation"
owner = "街道"
legal_basis = "条例"
refresh = "weekly"
kind = "csv"
key = ["number"]

[extract]
kind = "{kind}"
on_missing = "{on_missing}"
most_missing_share = {share}

[fields]
number = {{ column = "编号", required = true }}
name = {{ column = "名称", required = true }}
"""
DAY = datetime(2026, 3, 1, tzinfo=UTC)
NUMBERED = count()
Rows = Mapping[str, str]

extracts = st.lists(
    st.dictionaries(st.sampled_from("123"), st.sampled_from("甲乙丙"), max_size=3),
    min_size=1,
    max_size=4,
)
small = settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    database=None,
)


@contextmanager
def a_source(kind: str, *, on_missing: str = "end", share: float = 1.0) -> Iterator[None]:
    """Agree on a contract for as long as this lasts."""
    with transaction.atomic():
        text = CONTRACT.format(kind=kind, on_missing=on_missing, share=share)
        keep_contract(actor=steward(), code="shops", text=text, version=0, now=DAY)
        yield
        transaction.set_rollback(True)


def bring_in(folder: Path, rows: Rows, day: int) -> Batch:
    path = folder / f"{next(NUMBERED)}.csv"
    lines = [f"{number},{name}" for number, name in rows.items()]
    # A line of its own makes every file another one; it breaks a rule and says nothing.
    path.write_text("\n".join(["编号,名称", *lines, f"x{path.stem},"]) + "\n")
    return stage_file(
        actor=steward(), source_code="shops", path=path, tell=lambda _: None, now=DAY,
        extracted_at=DAY + timedelta(days=day),
    )  # fmt: skip


def said_now() -> Rows:
    return dict(current_records("shops").select("number", "name").iter_rows())


def in_order(kind: str, sent: Sequence[Rows]) -> Rows:
    """Say by plain rules what holds after these extracts, each a day after the other."""
    held: dict[str, str] = {}
    for rows in sent:
        held = dict(rows) if kind == "full" else {**held, **rows}
    return held


@pytest.mark.parametrize("kind", ["full", "delta"])
@small
@given(sent=extracts, data=st.data())
def test_late_and_out_of_order_extracts_give_what_those_in_order_give(
    kind: str, tmp_path: Path, sent: list[Rows], data: st.DataObject
) -> None:
    arrivals = data.draw(st.permutations(range(len(sent))))
    with a_source(kind):
        for day in arrivals:
            bring_in(tmp_path, sent[day], day)
        assert said_now() == in_order(kind, sent)


@pytest.mark.parametrize("kind", ["full", "delta"])
@small
@given(sent=extracts, data=st.data())
def test_any_batch_taken_back_leaves_what_the_others_say(
    kind: str, tmp_path: Path, sent: list[Rows], data: st.DataObject
) -> None:
    wrong = data.draw(st.integers(0, len(sent) - 1))
    with a_source(kind):
        batches = [bring_in(tmp_path, rows, day) for day, rows in enumerate(sent)]
        roll_back_batch(actor=steward(), batch_id=batches[wrong].pk, reason="wrong", now=DAY)
        left = said_now()
        others = in_order(kind, [rows for day, rows in enumerate(sent) if day != wrong])
        # A row that the wrong batch said first, and a later one only repeated, goes with it.
        lost = {number for number in others if number not in left}
        assert left.items() <= others.items()
        assert lost <= set(sent[wrong])


@pytest.mark.parametrize("kind", ["full", "delta"])
def test_a_former_row_speaks_again_only_when_all_that_replaced_it_are_taken_back(
    kind: str, tmp_path: Path
) -> None:
    with a_source(kind):
        sent: list[Rows] = [{"2": "甲"}, {"2": "乙"}, {"2": "乙"}]
        _, wrong, repeated = [bring_in(tmp_path, rows, day) for day, rows in enumerate(sent)]
        roll_back_batch(actor=steward(), batch_id=wrong.pk, reason="wrong", now=DAY)
        assert said_now() == {}
        roll_back_batch(actor=steward(), batch_id=repeated.pk, reason="wrong too", now=DAY)
        assert said_now() == {"2": "甲"}


def test_a_row_that_a_full_extract_lacks_speaks_no_longer(tmp_path: Path) -> None:
    with a_source("full"):
        bring_in(tmp_path, {"1": "甲", "2": "乙"}, 0)
        batch = bring_in(tmp_path, {"1": "甲"}, 1)
        assert (batch.n_missing, batch.is_missing_asked) == (1, False)
        assert said_now() == {"1": "甲"}


def test_a_contract_may_have_a_missing_row_asked_about(tmp_path: Path, noon: datetime) -> None:
    with a_source("full", on_missing="question"):
        bring_in(tmp_path, {"1": "甲", "2": "乙", "3": "丙"}, 0)
        batch = bring_in(tmp_path, {"1": "甲"}, 1)
        assert (batch.n_missing, batch.is_missing_asked) == (2, True)
        assert len(said_now()) == 3
        back = bring_in(tmp_path, {"1": "甲", "2": "乙"}, 2)
        assert back.n_missing == 0
        with pytest.raises(Invalid, match="why"):
            end_missing(actor=steward(), batch_id=batch.pk, reason=" ", now=noon)
        ended = end_missing(actor=steward(), batch_id=batch.pk, reason="closed", now=noon)
        assert ended == 1
        assert said_now() == {"1": "甲", "2": "乙"}
        with pytest.raises(Conflict, match="before"):
            keep_missing(actor=steward(), batch_id=batch.pk, reason="no", now=noon)


def test_where_too_much_is_gone_somebody_is_asked_whatever_the_contract_says(
    tmp_path: Path, noon: datetime
) -> None:
    with a_source("full", share=0.5):
        bring_in(tmp_path, {"1": "甲", "2": "乙", "3": "丙"}, 0)
        batch = bring_in(tmp_path, {}, 1)
        assert (batch.n_missing, batch.is_missing_asked) == (3, True)
        assert len(said_now()) == 3
        keep_missing(actor=steward(), batch_id=batch.pk, reason="broken off", now=noon)
        assert len(said_now()) == 3


def test_a_batch_that_is_still_being_read_silences_nothing(tmp_path: Path) -> None:
    with a_source("full"):
        bring_in(tmp_path, {"1": "甲"}, 0)
        batch = bring_in(tmp_path, {"1": "乙"}, 1)
        Batch.objects.filter(pk=batch.pk).update(state="staging")
        assert said_now() == {"1": "甲"}


def test_the_day_of_an_extract_is_read_from_the_name_of_its_file() -> None:
    assert extract_date("police_20260301.csv") == date(2026, 3, 1)
    assert extract_date("人口2026年03月01日.xlsx") == date(2026, 3, 1)
    assert extract_date("2026-13-40 2026-03-02.csv") == date(2026, 3, 2)
    assert extract_date("police_12026030199.csv") is None


def test_the_shipped_contracts_say_what_a_missing_row_means() -> None:
    from fangge.fusion.actions.contracts import contract_of

    for source in Source.objects.all():
        contract = contract_of(source)
        assert contract.extract.is_full == (contract.kind != "screen"), source.code


def test_a_steward_answers_on_the_page_of_the_batch(client: Client, tmp_path: Path) -> None:
    make_staff(Role.STEWARD)
    client.post("/access/sign-in", {"username": "test-steward", "password": PASSWORD})
    with a_source("full", on_missing="question"):
        bring_in(tmp_path, {"1": "甲", "2": "乙"}, 0)
        batch = bring_in(tmp_path, {"1": "甲"}, 1)
        page = f"/fusion/batches/{batch.pk}"
        assert "缺少" in client.get(page).content.decode()
        answer = client.post(f"{page}/missing", {"answer": "end", "reason": "closed"})
        assert answer.headers["Location"] == page
        assert said_now() == {"1": "甲"}
        assert 'id="missing"' not in client.get(page).content.decode()
