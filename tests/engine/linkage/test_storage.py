"""What a run keeps in files is what the next one goes on from, or is refused with a reason."""

import json
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fangge.engine.linkage.extracts import mark_records
from fangge.engine.linkage.incremental import Kept, link_all, link_changes
from fangge.engine.linkage.parameters import resident_parameters
from fangge.engine.linkage.schema import RESIDENT_RECORD
from fangge.engine.linkage.storage import StateUnusable, Stored, read_state, write_state

ZHANG, LI = "32999019800101001X", "329990198502020021"
PARAMETERS = replace(resident_parameters(), largest_block=3, lone_bits=6.0)
N_OTHERS = 120

Rows = dict[int, dict[str, object]]


def table(rows: Rows) -> pl.DataFrame:
    blank = {**dict.fromkeys(RESIDENT_RECORD), "source": "a"}
    return pl.DataFrame(
        [{**blank, "record_id": i, **row} for i, row in rows.items()],
        schema=dict(RESIDENT_RECORD),
    )


# So many others that small changes stay in the upper layer, and a few batches fill it.
OTHERS: Rows = {
    1_000 + i: {"name": chr(0x4E00 + i) + chr(0x5B00 + i), "phone": f"1300000{i // 3:04}"}
    for i in range(N_OTHERS)
}


def store(kept: Kept, records: pl.DataFrame) -> Stored:
    return Stored(kept, mark_records(records), {"own": np.arange(3)}, {"note": "坊"})


def tables_of(kept: Kept) -> list[list[tuple[object, ...]]]:
    tables = (kept.prepared, kept.counts, kept.edges, kept.linked.clusters, kept.linked.pairs)
    return [frame.rows() for frame in tables]


person = st.fixed_dictionaries(
    {
        "name": st.sampled_from(["张伟", "张炜", "李娜", "买买提·艾山", None]),
        "identifier": st.sampled_from([ZHANG, LI, None]),
        "phone": st.sampled_from(["12000000001", "12000000002", None]),
        "address_code": st.sampled_from(["A1-0001-E-B001-F01-0101", None]),
    }
)
numbers = st.integers(0, 20)
batch = st.tuples(st.dictionaries(numbers, person, max_size=8), st.sets(numbers, max_size=3))


@settings(max_examples=8, deadline=None)
@given(st.dictionaries(numbers, person, max_size=9), st.lists(batch, min_size=1, max_size=4))
def test_runs_that_go_on_from_files_give_what_whole_runs_give(
    first: Rows, batches: list[tuple[Rows, set[int]]]
) -> None:
    held = OTHERS | first
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        before = None
        state = store(link_all(table(held), PARAMETERS), table(held))
        for changed, removed in batches:
            write_state(folder, state, before=before)
            before = read_state(folder)
            assert before.marks.marks.tolist() == state.marks.marks.tolist()
            gone = pl.Series(sorted(removed - set(changed)), dtype=pl.Int64)
            kept = link_changes(before.kept, table(changed), gone)
            held = {i: row for i, row in (held | changed).items() if i not in gone}
            assert tables_of(kept) == tables_of(link_all(table(held), PARAMETERS))
            state = store(kept, table(held))


@pytest.fixture
def written(tmp_path: Path) -> Path:
    write_state(tmp_path, store(link_all(table(OTHERS), PARAMETERS), table(OTHERS)))
    return tmp_path


def test_a_small_change_leaves_the_lower_layer_as_it_is(written: Path) -> None:
    lower = {path: path.stat().st_mtime_ns for path in written.glob("lower-*/*")}
    before = read_state(written)
    one = table({1: {"name": "张伟", "identifier": ZHANG}})
    kept = link_changes(before.kept, one, pl.Series([], dtype=pl.Int64))
    write_state(written, store(kept, one), before=before)
    assert {path: path.stat().st_mtime_ns for path in written.glob("lower-*/*")} == lower
    assert len(list(written.glob("upper-*"))) == 1
    after = read_state(written)
    assert after.kept.n_records == N_OTHERS + 1
    assert (after.notes["note"], after.arrays["own"].tolist()) == ("坊", [0, 1, 2])


def test_what_a_killed_run_left_is_passed_over_and_swept_away(written: Path) -> None:
    kept = tables_of(read_state(written).kept)
    for part in ("lower-dead", "upper-dead"):
        (written / part).mkdir()
        (written / part / "arrays.bin").write_bytes(b"half")
    (written / ".state.json.dead").write_text("{")
    before = read_state(written)
    assert tables_of(before.kept) == kept
    write_state(written, store(before.kept, table(OTHERS)), before=before)
    assert not [path for path in written.iterdir() if "dead" in path.name]


def test_another_format_is_refused_and_named(written: Path) -> None:
    index = json.loads((written / "state.json").read_text())
    (written / "state.json").write_text(json.dumps(index | {"format": 0}))
    with pytest.raises(StateUnusable, match="of format 0, and this version writes format 1"):
        read_state(written)


@pytest.mark.parametrize("part", ["lower-*/arrays.bin", "upper-*/prepared.arrow", "state.json"])
def test_a_file_cut_short_is_refused_and_named(written: Path, part: str) -> None:
    (file,) = written.glob(part)
    file.write_bytes(file.read_bytes()[:-20])
    with pytest.raises(StateUnusable, match=r"cut short|cannot be read"):
        read_state(written)
