"""Staging: nothing lost, nothing doubled, nothing half-written."""

import os
import signal
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path

import polars as pl
import pytest
from tests.makers import steward

from fangge.fusion.actions.ingest import (
    ask_to_cancel,
    guess_rows,
    roll_back_batch,
    stage_file,
    try_file,
)
from fangge.fusion.adapters.files import FileUnreadable
from fangge.fusion.models.source import Batch, BatchState, QuarantinedRow, Source, SourceRecord
from fangge.kernel.errors import Conflict, Missing, Refused

pytestmark = pytest.mark.django_db
POLICE = "police_population"
HEADER = (
    "人员编号,姓名,性别,民族,出生日期,公民身份号码,"
    "联系电话,户籍地址,现住址,户号,与户主关系,登记日期"
)


def write_rows(path: Path, *rows: str, encoding: str = "gb18030") -> Path:
    path.write_bytes(("\r\n".join([HEADER, *rows]) + "\r\n").encode(encoding))
    return path


def row(
    number: str, *, name: str = "张伟", born: str = "1980-02-01", address: str = "平江路1号"
) -> str:
    return f"{number},{name},男,汉族,{born},,12000000001,外地,{address},H1,户主,2026-01-01"


def stage(path: Path, noon: datetime) -> Batch:
    return stage_file(actor=steward(), source_code=POLICE, path=path, tell=lambda _: None, now=noon)


def test_every_broken_row_of_the_district_and_no_other_is_quarantined(district: Path) -> None:
    truth = pl.read_parquet(district / "truth.parquet").filter("broken")
    for source in (
        "police_population",
        "health_population",
        "housing_dwellings",
        "tenancy_agreements",
        "market_organisations",
    ):
        meant = set(truth.filter(source=source)["row_no"])
        batch = Batch.objects.get(source__code=source, state=BatchState.LINKED)
        assert set(batch.quarantined.values_list("row_no", flat=True)) == meant, source


def test_a_dry_run_keeps_nothing_and_names_row_field_and_reason(tmp_path: Path) -> None:
    path = write_rows(
        tmp_path / "p.csv", row("T1"), row("T2", name=""), row("T3", born="1985-02-30")
    )
    before = (Batch.objects.count(), SourceRecord.objects.count())
    trial = try_file(actor=steward(), source_code=POLICE, path=path, tell=lambda _: None)
    assert (trial.n_rows, trial.n_faulty) == (3, 2)
    assert [(f["row_no"], f["field"], f["rule"]) for f in trial.first] == [
        (2, "name", "required"),
        (3, "birth_on", "date"),
    ]
    assert (Batch.objects.count(), SourceRecord.objects.count()) == before


def test_the_same_file_twice_changes_nothing(tmp_path: Path, noon: datetime) -> None:
    path = write_rows(tmp_path / "p.csv", row("T1"), row("T2"))
    first = stage(path, noon)
    again = stage(path, noon)
    assert (again.pk, again.n_accepted) == (first.pk, 2)


def test_known_rows_in_another_file_are_not_doubled(tmp_path: Path, noon: datetime) -> None:
    stage(write_rows(tmp_path / "a.csv", row("T1"), row("T2")), noon)
    batch = stage(write_rows(tmp_path / "b.csv", row("T2"), row("T3"), row("T3")), noon)
    assert (batch.n_accepted, batch.n_unchanged) == (1, 2)


def test_a_newer_row_takes_the_place_of_the_one_with_its_key_and_gives_it_back(
    tmp_path: Path, noon: datetime
) -> None:
    old = stage(write_rows(tmp_path / "a.csv", row("T1")), noon)
    new = stage(write_rows(tmp_path / "b.csv", row("T1", address="临顿路2号")), noon)
    record = SourceRecord.objects.get(batch=old)
    assert record.replaced_by_batch_id == new.pk
    roll_back_batch(actor=steward(), batch_id=new.pk, reason="wrong month", now=noon)
    record.refresh_from_db()
    assert record.replaced_by_batch_id is None
    assert not SourceRecord.objects.filter(batch=new, replaced_by_batch=None).exists()


def test_identifiers_and_phones_are_nowhere_in_plain_text(tmp_path: Path, noon: datetime) -> None:
    batch = stage(write_rows(tmp_path / "p.csv", row("T1")), noon)
    record = SourceRecord.objects.get(batch=batch)
    assert "12000000001" not in str(record.payload)
    assert b"12000000001" not in bytes(record.sealed or b"")


def test_undecodable_bytes_and_lost_columns_are_kept_apart(tmp_path: Path, noon: datetime) -> None:
    path = write_rows(tmp_path / "p.csv", row("T1"), row("T2"), "T3,李四,男")
    damaged = path.read_bytes().replace("T2,张伟".encode("gb18030"), b"T2,\xff\xff\xd5\xc5")
    path.write_bytes(damaged)
    batch = stage(path, noon)
    found = {r.row_no: {f["rule"] for f in r.faults} for r in batch.quarantined.all()}
    assert "undecodable" in found[2]
    assert "columns" in found[3]
    assert batch.n_accepted == 1


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("empty.csv", b"", "empty"),
        ("other.csv", b"a,b\r\n1,2\r\n", "Columns are missing"),
        ("utf8.csv", (HEADER + "\r\n").encode(), "encoding"),
    ],
)
def test_a_wrong_file_is_refused_whole(
    tmp_path: Path, noon: datetime, name: str, content: bytes, said: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(FileUnreadable, match=said):
        stage(path, noon)
    assert Batch.objects.get(file_name=name).state == BatchState.FAILED
    assert not SourceRecord.objects.filter(batch__file_name=name).exists()


def test_something_that_is_no_workbook_is_refused(tmp_path: Path, noon: datetime) -> None:
    path = tmp_path / "house.xlsx"
    path.write_bytes(b"not a workbook")
    with pytest.raises(FileUnreadable, match="could not be read as xlsx"):
        stage_file(
            actor=steward(),
            source_code="housing_dwellings",
            path=path,
            tell=lambda _: None,
            now=noon,
        )


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("standard_addresses", "addresses.gpkg"),
        ("health_population", "health_population.parquet"),
        ("housing_dwellings", "housing_dwellings.xlsx"),
    ],
)
def test_a_file_that_breaks_off_is_refused_and_leaves_nothing(
    district: Path, tmp_path: Path, noon: datetime, source: str, name: str
) -> None:
    whole = (district / name).read_bytes()
    path = tmp_path / f"broken-{name}"
    path.write_bytes(whole[: len(whole) // 2])
    assert guess_rows(source, path) is None
    with pytest.raises(FileUnreadable, match="Ask the department"):
        stage_file(actor=steward(), source_code=source, path=path, tell=lambda _: None, now=noon)
    batch = Batch.objects.get(file_name=path.name)
    assert batch.state == BatchState.FAILED
    assert not batch.records.exists()


def test_an_unknown_contract_is_named_with_those_there_are(tmp_path: Path, noon: datetime) -> None:
    with pytest.raises(Missing, match="police_population"):
        stage_file(
            actor=steward(), source_code="police", path=tmp_path, tell=lambda _: None, now=noon
        )


def test_a_cancelled_batch_leaves_nothing(tmp_path: Path, noon: datetime) -> None:
    path = write_rows(tmp_path / "p.csv", *(row(f"T{i}") for i in range(20_500)))

    def cancel_after_the_first_slice(_rows: int) -> None:
        Batch.objects.filter(file_name="p.csv").update(is_cancel_asked=True)

    batch = stage_file(
        actor=steward(), source_code=POLICE, path=path, tell=cancel_after_the_first_slice, now=noon
    )
    assert batch.state == BatchState.CANCELLED
    assert not SourceRecord.objects.filter(batch=batch).exists()
    with pytest.raises(Conflict):
        ask_to_cancel(actor=steward(), batch_id=batch.pk, now=noon)


def test_who_may_not_ingest_is_refused(tmp_path: Path, noon: datetime) -> None:
    from fangge.kernel.actor import Actor

    reader = Actor(reference="staff:x", name="x", roles=(), verbs=frozenset({"batches.see"}))
    with pytest.raises(Refused):
        stage_file(actor=reader, source_code=POLICE, path=tmp_path, tell=lambda _: None, now=noon)


@pytest.mark.django_db(transaction=False)
def test_a_killed_ingest_goes_on_where_it_stopped(
    tmp_path: Path, django_db_blocker: object
) -> None:
    """Kill a real process in the middle; the same command finishes, and every row is there once."""
    from django.db import connection

    rows = [row(f"K{i}", address=f"平江路{i}号") for i in range(70_000)]
    path = write_rows(tmp_path / "killed.csv", *rows)
    url = os.environ["DATABASE_URL"]
    test_url = url.rsplit("/", 1)[0] + "/" + connection.settings_dict["NAME"]
    environment = {**os.environ, "DATABASE_URL": test_url}
    command = [sys.executable, "-m", "fangge", "ingest", POLICE, str(path), "--json"]
    running = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    n_read = 0
    deadline = time.monotonic() + 60
    while n_read == 0 and time.monotonic() < deadline and running.poll() is None:
        time.sleep(0.02)
        n_read = (
            Batch.objects.filter(file_name="killed.csv").values_list("n_read", flat=True).first()
            or 0
        )
    running.send_signal(signal.SIGKILL)
    running.wait()
    try:
        assert 0 < n_read < 70_000
        batch = Batch.objects.get(file_name="killed.csv")
        assert batch.state == BatchState.STAGING
        assert SourceRecord.objects.filter(batch=batch).count() == batch.n_read
        subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
        batch.refresh_from_db()
        assert (batch.state, batch.n_read, batch.n_accepted) == (BatchState.STAGED, 70_000, 70_000)
        assert (
            SourceRecord.objects.filter(batch=batch).values("row_no").distinct().count() == 70_000
        )
    finally:
        clear = (
            "import django; django.setup();"
            "from fangge.fusion.models.source import *;"
            "from fangge.fusion.models.decision import LinkDecision;"
            "b = Batch.objects.get(file_name='killed.csv');"
            "SourceRecord.objects.filter(replaced_by_batch=b).update(replaced_by_batch=None);"
            "SourceRecord.objects.filter(batch=b).delete(); b.delete()"
        )
        settings = {"DJANGO_SETTINGS_MODULE": "fangge.config.settings"}
        subprocess.run([sys.executable, "-c", clear], env={**environment, **settings}, check=True)


def test_sources_came_with_the_shipped_contracts() -> None:
    assert Source.objects.count() == 8
    assert QuarantinedRow.objects.exists()
