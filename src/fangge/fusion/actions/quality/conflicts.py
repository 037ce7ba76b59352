"""How often each two sources differ, field by field, on the residents that both speak of."""

from collections.abc import Iterator
from itertools import combinations
from typing import Any

import polars as pl

from fangge.fusion.models.finding import QualityCheck, SourceConflict
from fangge.fusion.queries.spoken import open_fields
from fangge.fusion.rules.life import SOURCES as LIFE_EVENTS
from fangge.fusion.rules.linking import SPEAKERS
from fangge.kernel.bulk import read_frame

FIELDS = ("name", "sex", "birth_on", "residence")
SAMPLES = 100


def measure_conflicts(check: QualityCheck) -> int:
    """Count, for each field and two sources, the residents that both speak of and differ on.

    Of each source its newest record of a resident speaks. Sealed fields are not compared, nor life
    events: they are there to differ from what sources still say.
    """
    said = _read_said()
    kept = [
        SourceConflict(check_run=check, field=field, **found)
        for field in FIELDS
        for found in _compare(said.drop_nulls(field), field)
    ]
    SourceConflict.objects.bulk_create(kept)
    return len(kept)


def _read_said() -> pl.DataFrame:
    """Give what each source says of each resident: source, entry_id, record_id and the fields."""
    decided = read_frame(
        "SELECT whom.record_id, whom.part, whom.entry_id, place.entry_id "
        "FROM fusion_linkdecision whom LEFT JOIN fusion_linkdecision place "
        "ON place.record_id = whom.record_id AND place.kind = 'address' AND place.is_current "
        "AND place.part = 'resident' WHERE whom.kind = 'resident' AND whom.is_current "
        "AND whom.entry_id IS NOT NULL",
        schema={
            "record_id": pl.Int64,
            "part": pl.String,
            "entry_id": pl.Int64,
            "residence": pl.Int64,
        },
    )
    spoken = [
        open_fields(speaker.source, speaker.fields)
        .with_columns(pl.lit(speaker.source).alias("source"), pl.lit(speaker.part).alias("part"))
        .join(decided, on=["record_id", "part"])
        for speaker in SPEAKERS
        if speaker.source not in LIFE_EVENTS
    ]
    return (
        pl.concat(spoken)
        .sort("record_id")
        .unique(["source", "entry_id"], keep="last", maintain_order=True)
    )


def _compare(said: pl.DataFrame, field: str) -> Iterator[dict[str, Any]]:
    sources = sorted(said["source"].unique().to_list())
    for left, right in combinations(sources, 2):
        both = _side(said, left, field).join(_side(said, right, field), on="entry_id")
        if both.is_empty():
            continue
        differ = both.filter(pl.col(field) != pl.col(f"{field}_right"))
        samples = differ.sort("record_id", descending=True).head(SAMPLES)
        yield {
            "left": left,
            "right": right,
            "n_both": both.height,
            "n_differ": differ.height,
            "samples": samples.select("entry_id", "record_id", "record_id_right").rows(),
        }


def _side(said: pl.DataFrame, source: str, field: str) -> pl.DataFrame:
    return said.filter(pl.col("source") == source).select("entry_id", "record_id", field)
