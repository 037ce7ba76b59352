"""A run over what changed gives what a run over everything gives, row for row."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from django.db import connection, transaction
from tests.makers import steward

from fangge.command.demo import EXTRACTS
from fangge.fusion.actions.ingest import roll_back_batch, stage_file
from fangge.fusion.actions.link import link_registers, linking_actor
from fangge.fusion.adapters import kept
from fangge.fusion.models.run import Run
from fangge.fusion.models.source import Batch
from fangge.registers.adapters import addresses
from fangge.registers.models.resident import Resident

pytestmark = pytest.mark.django_db
TABLES = {
    "registers_address": "id",
    "registers_addressalias": "address_id, name",
    "registers_dwelling": "id",
    "registers_resident": "id",
    "registers_organisation": "id",
    "registers_occupancy": "kind, resident_id, organisation_id, address_id, turn",
    "registers_entrychange": "kind, entry_id, changed_at, former::text",
    "registers_waitingtext": "text_key",
    "registers_buildingcount": "building_id, layer",
    "registers_mapcell": "layer, zoom, cell, grid_id",
    "fusion_linkdecision": "record_id, part, kind, decided_at",
    "fusion_pair": "left_id, left_part, right_id, right_part, kind",
}
# Numbers that say when a row was written, or ciphertext, which differs each time.
LEFT_OUT = {
    "registers_resident": ["identifier_sealed", "phone_sealed"],
    "registers_occupancy": ["id"],
    "registers_entrychange": ["id", "run_id"],
    "registers_addressalias": ["id"],
    "registers_waitingtext": ["id"],
    "fusion_linkdecision": ["id", "run_id"],
    "fusion_pair": ["id", "run_id"],
}
Rows = dict[str, list[tuple[Any, ...]]]


def read_all() -> Rows:
    """Read every row of every table that a run writes."""
    found = {}
    with connection.cursor() as cursor:
        for table, order in TABLES.items():
            cursor.execute(
                "SELECT column_name FROM information_schema.columns WHERE table_name = %s "
                "ORDER BY ordinal_position",
                [table],
            )
            names = [name for (name,) in cursor.fetchall() if name not in LEFT_OUT.get(table, [])]
            listed = ", ".join(f'"{name}"::text' for name in names)
            former = "former - 'phone_sealed' - 'identifier_sealed'"
            listed = listed.replace('"former"', f"({former})")
            cursor.execute(f"SELECT {listed} FROM {table} ORDER BY {order}")  # noqa: S608 - constants
            found[table] = cursor.fetchall()
    return found


@contextmanager
def undone() -> Iterator[None]:
    """Do something, and take it back whole; the numbers given out are given out again."""
    with connection.cursor() as cursor, transaction.atomic():
        held = {}
        for table in ("resident", "dwelling", "organisation", "address", "occupancy"):
            cursor.execute(f"SELECT last_value FROM registers_{table}_id_seq")  # noqa: S608 - constants
            held[table] = cursor.fetchone()[0]
        yield
        transaction.set_rollback(True)
    with connection.cursor() as cursor:
        for table, last in held.items():
            cursor.execute("SELECT setval(%s, %s)", [f"registers_{table}_id_seq", last])


def compare_runs(noon: datetime) -> Run:
    """Run over everything, take it back, run over what changed, and compare all rows."""
    with undone():
        link_registers(actor=linking_actor(), tell=lambda _: None, now=noon, is_full=True)
        expected = read_all()
    run = link_registers(actor=linking_actor(), tell=lambda _: None, now=noon)
    assert not run.is_full
    found = read_all()
    for table in TABLES:
        assert len(found[table]) == len(expected[table]), table
        for ours, theirs in zip(found[table], expected[table], strict=True):
            assert ours == theirs, table
    return run


@pytest.fixture
def begun(noon: datetime) -> datetime:
    """A run that keeps its state, so that the next one reads only what changed."""
    link_registers(actor=linking_actor(), tell=lambda _: None, now=noon)
    return noon + timedelta(days=1)


Change = Callable[[list[str]], list[str]]


def bring_in(district: Path, folder: Path, code: str, change: Change, now: datetime) -> Batch:
    """Bring in a later extract of a CSV source, its lines changed."""
    encoding = "gb18030" if code == "police_population" else "utf-8"
    lines = (district / EXTRACTS[code]).read_bytes().decode(encoding, "replace").splitlines()
    path = folder / f"{code}.csv"
    path.write_bytes("\r\n".join([lines[0], *change(lines[1:]), ""]).encode(encoding))
    return stage_file(actor=steward(), source_code=code, path=path, tell=lambda _: None, now=now)


def test_changed_new_and_missing_rows_of_a_source(
    district: Path, tmp_path: Path, begun: datetime
) -> None:
    def change(lines: list[str]) -> list[str]:
        cells = [line.split(",") for line in lines]
        for row in cells[10:25]:
            row[6] = "13912345678"
        for row in cells[30:40]:
            row[8] = cells[100][8]
        newcomers = [
            [f"N{n}", name, "男", "汉族", f"19{71 + n}-03-1{n}", "", f"1370000{n}{n}{n}{n}", "外地",
             cells[200 + n][8], "H9", "户主", "2026-11-01"]
            for n, name in enumerate(["欧阳震华", "尉迟敬德", "慕容复", "令狐冲"])
        ]  # fmt: skip
        return [",".join(row) for row in cells[5:] + newcomers]

    codes = dict(Resident.objects.values_list("pk", "code"))
    batch = bring_in(district, tmp_path, "police_population", change, begun)
    assert batch.n_missing > 0
    run = compare_runs(begun)
    # A row that changes goes on speaking of the entry it spoke of; only newcomers are new.
    assert run.figures["residents"]["n_new"] == 4
    assert run.figures["residents"]["n_changed"] > 0
    assert run.figures["occupancies"]["n_ended"] > 0
    assert dict(Resident.objects.values_list("pk", "code")).items() >= codes.items()


def test_a_batch_taken_back_and_brought_in_again(
    district: Path, tmp_path: Path, begun: datetime
) -> None:
    for source in ("police_population", "health_population"):
        batch = Batch.objects.get(source__code=source)
        roll_back_batch(actor=steward(), batch_id=batch.pk, reason="test", now=begun)
    compare_runs(begun)
    bring_in(district, tmp_path, "police_population", lambda lines: lines[20:], begun)
    run = compare_runs(begun + timedelta(days=1))
    assert run.figures["residents"]["n_new"] < 20


def test_addresses_that_change_have_all_texts_read_again(
    district: Path, tmp_path: Path, begun: datetime
) -> None:
    batch = Batch.objects.get(source__code="standard_addresses")
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE fusion_sourcerecord SET replaced_by_batch_id = batch_id WHERE id IN (SELECT id "
            "FROM fusion_sourcerecord WHERE batch_id = %s AND payload->>'level' = 'room' "
            "AND replaced_by_batch_id IS NULL ORDER BY id LIMIT 40)",
            [batch.pk],
        )
    run = compare_runs(begun)
    assert run.figures["addresses"]["n_ended"] == 40


def test_firms_that_change_or_close(district: Path, tmp_path: Path, begun: datetime) -> None:
    def change(lines: list[str]) -> list[str]:
        renamed = [line.replace(",", ",新", 1) for line in lines[2:8]]
        return renamed + lines[8:]

    batch = bring_in(district, tmp_path, "market_organisations", change, begun)
    assert (batch.n_missing, batch.is_missing_asked) == (8, False)
    run = compare_runs(begun)
    assert run.figures["organisations"]["n_changed"] >= 6
    assert run.figures["organisations"]["n_new"] <= 6


def test_with_nothing_changed_nothing_is_written(begun: datetime) -> None:
    def n_written() -> int:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT COALESCE(sum(n_tup_ins + n_tup_upd + n_tup_del), 0) "
                "FROM pg_stat_xact_user_tables WHERE relname LIKE 'registers_%'"
            )
            return int(cursor.fetchone()[0])

    before = n_written()
    for is_full in (False, True):
        run = link_registers(actor=linking_actor(), tell=lambda _: None, now=begun, is_full=is_full)
        assert run.is_full is is_full
        assert n_written() == before, is_full


def test_without_what_was_kept_everything_is_read_anew(begun: datetime) -> None:
    kept.drop_others(run_id=0)
    assert link_registers(actor=linking_actor(), tell=lambda _: None, now=begun).is_full


def test_what_is_kept_is_sealed_and_bound_to_its_run(tmp_path: Path, begun: datetime) -> None:
    run = Run.objects.order_by("-id")[0]
    folder = kept.kept_folder() / f"run-{run.pk}"
    name = Resident.objects.order_by("id")[0].name.encode()
    files = sorted(folder.iterdir())
    assert files
    assert all(name not in path.read_bytes() for path in files)
    assert folder.stat().st_mode & 0o077 == 0
    assert kept.load(run_id=run.pk, token=run.figures["kept"]) is not None
    assert kept.load(run_id=run.pk, token="0" * 32) is None
    (folder / "marks").write_bytes(b"broken")
    assert kept.load(run_id=run.pk, token=run.figures["kept"]) is None


def test_frames_are_compared_by_whole_rows() -> None:
    now = pl.DataFrame({"id": [1, 2, 3], "name": ["a", None, "c"]})
    before = pl.DataFrame({"id": [1, 2, 4], "name": ["a", None, "d"]})
    assert kept.changed_rows(now, before)["id"].to_list() == [3]
    gone = kept.gone_rows(now, before, ["id"])
    assert gone is not None
    assert gone["id"].to_list() == [4]
    assert kept.gone_rows(now, None, ["id"]) is None


def test_an_index_of_a_run_with_the_same_number_is_not_destroyed(begun: datetime) -> None:
    rows = pl.DataFrame(
        {
            "code": ["A"], "parent_code": pl.Series([None], dtype=pl.String), "level": ["road"],
            "name": ["平江路"], "full_name": ["苏州市姑苏区平江路"],
            "aliases": pl.Series([None], dtype=pl.List(pl.String)),
        }
    )  # fmt: skip
    published = addresses.current_folder()
    run_id = int(published.name.split("-")[1])
    revised = addresses.revise_index(rows, run_id=run_id)
    try:
        assert revised != published
        assert (published / "index.json").exists()
    finally:
        shutil.rmtree(revised)
