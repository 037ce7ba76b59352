"""Records to clusters, entries with lineage by field, and pairs for review."""

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from fangge.command.link.reading import Input, InputUnreadable
from fangge.engine.address.matching import match_addresses
from fangge.engine.address.register import build_register, open_register
from fangge.engine.linkage.codes import Ints
from fangge.engine.linkage.parameters import (
    Parameters,
    organisation_parameters,
    resident_parameters,
)
from fangge.engine.linkage.pipeline import Linked, link_records
from fangge.engine.linkage.standardise.identifiers import (
    standardise_credit_codes,
    standardise_identifiers,
)
from fangge.engine.linkage.survivorship import choose_values, measure_commonness

PARAMETERS: Mapping[str, Callable[[], Parameters]] = {
    "residents": resident_parameters,
    "organisations": organisation_parameters,
}
CHECKED: Mapping[str, Callable[[pl.Series], pl.Series]] = {
    "identifier": standardise_identifiers,
    "credit_code": standardise_credit_codes,
}
"""Codes that must pass their check to stand in an entry."""
PERSON_NAMES = {"residents": "name", "organisations": "representative"}

Linking = Callable[[pl.DataFrame, Parameters], Linked]


@dataclass(frozen=True, slots=True)
class Spread:
    """A table that is elsewhere, and is written from there: Spark's workers hold it, or a state."""

    write: Callable[[Path], object]


@dataclass(frozen=True, slots=True)
class Fused:
    """What was found of one kind of subject; each table becomes a file."""

    clusters: pl.DataFrame  # record_id, entry_id, decision, weight
    entries: pl.DataFrame | Spread  # entry_id, each field and {field}_record
    review: pl.DataFrame  # pairs, or for dwellings records, that a person should look at


def fuse_records(
    kind: str,
    given: Input,
    *,
    precedence: Mapping[str, int],
    tell: Callable[[str], None],
    link: Linking = link_records,
) -> Fused:
    """Link the records of one kind and choose the best value of each field.

    `tell` is told when the links are found, and when the entries are.
    """
    if kind == "dwellings":
        found = _fuse_dwellings(given)
        tell("link_dwellings")
        return found
    records = given.records[kind]
    linked = link(records, PARAMETERS[kind]())
    tell(f"link_{kind}")
    common = measure_commonness(records[PERSON_NAMES[kind]])
    entries = choose_entries(
        records, linked.clusters, precedence=precedence, common=common, prepared=linked.prepared
    )
    tell(f"choose_{kind}")
    return Fused(clusters=tell_decisions(linked), entries=entries, review=linked.pairs)


def choose_entries(
    records: pl.DataFrame,
    clusters: pl.DataFrame,
    *,
    precedence: Mapping[str, int],
    common: Ints,
    prepared: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Choose the best value of each field; a code that fails its check stands in no entry.

    `common` tells how often each character stands in all names, of which these may be a part;
    `prepared` are the records as numbers, where the run kept them.
    """
    checked = records.with_columns(
        check(records[name]).alias(name)
        for name, check in CHECKED.items()
        if name in records.columns
    )
    chosen = choose_values(checked, clusters, precedence, prepared=prepared, commonness=common)
    return chosen.rename({"cluster": "entry_id"})


def tell_decisions(linked: Linked) -> pl.DataFrame:
    """Say of each record how it came to its entry; one alone may still wait for a person."""
    pairs = linked.pairs
    doubtful = pl.concat([pairs["left"], pairs["right"]]).unique()
    waits = pl.col("record_id").is_in(doubtful.implode()) & (pl.col("method") == "single")
    return linked.clusters.select(
        "record_id",
        entry_id="cluster",
        decision=pl.when(waits).then(pl.lit("review")).otherwise("method"),
        weight="weight",
    )


def _fuse_dwellings(given: Input) -> Fused:
    """Put together what is said of one standard address; what fits none stays alone."""
    records = given.records["dwellings"]
    found = _find_addresses(records, given)
    sure = found["asserted"]
    code = found["code"].zip_with(sure, pl.Series([None], dtype=pl.String))
    keyed = records.select("record_id", "source").with_columns(
        code=code, waits=found["code"].is_not_null() & ~sure
    )
    first = pl.col("record_id").min().over("code")
    entry_id = pl.when(pl.col("code").is_null()).then("record_id").otherwise(first)
    clusters = keyed.select(
        "record_id",
        entry_id.alias("entry_id"),
        decision=pl.when("waits")
        .then(pl.lit("review"))
        .when(pl.col("code").is_null() | (pl.len().over("code") == 1))
        .then(pl.lit("single"))
        .otherwise(pl.lit("identifier")),
        weight=pl.lit(None, pl.Float32),
    )
    entries = (
        keyed.with_columns(entry_id=clusters["entry_id"])
        .filter(pl.col("record_id") == pl.col("entry_id"))
        .select("entry_id", address_code="code", address_code_record="record_id")
        .sort("entry_id")
    )
    review = records.select("record_id", "address").with_columns(found).filter(keyed["waits"])
    return Fused(clusters=clusters.sort("record_id"), entries=entries, review=review)


def _find_addresses(records: pl.DataFrame, given: Input) -> pl.DataFrame:
    """Give code, score, asserted and reasons of each record, in order."""
    if records["address_code"].null_count() < records.height:
        return records.select(
            code="address_code", score=pl.lit(1.0), asserted=pl.col("address_code").is_not_null()
        )
    if given.addresses is None:
        raise InputUnreadable(
            f"dwellings need the column address_code, or a register addresses.parquet in "
            f"{given.folder} to find their addresses in."
        )
    with tempfile.TemporaryDirectory(prefix="fangge-register-") as folder:
        build_register(given.addresses, Path(folder))
        found = match_addresses(records["address"], open_register(Path(folder)))
    return found.select("code", "score", "asserted", "reasons")
