"""The divisions that a text leaves out, where what it says leaves no choice."""

from functools import lru_cache

import polars as pl

from fangge.engine.address.divisions import DEPTH, Division, load_divisions
from fangge.engine.address.elements import Kind

FILLED = (Kind.PROVINCE, Kind.CITY, Kind.DISTRICT)
# Communities are known of Suzhou only, so that one alone says nothing of where it is.
TELLING = (*FILLED, Kind.DEVELOPMENT_ZONE, Kind.SUBDISTRICT)
CODE_LENGTH = {Kind.PROVINCE: 2, Kind.CITY: 4, Kind.DISTRICT: 6}
SCHEMA = {"row": pl.UInt32, "kind": pl.String, "normal": pl.String, "code": pl.String}

Said = tuple[tuple[str, str], ...]
"""Kind and name of each division that a text names."""


def fill_divisions(elements: pl.DataFrame) -> pl.DataFrame:
    """Name the provinces, cities and districts that texts leave out.

    Parameters
    ----------
    elements : polars.DataFrame
        row, kind and normal, as the readers give them.

    Returns
    -------
    polars.DataFrame
        row (u32), kind, normal and code, in order of row and from the widest. Only what every
        division that the text may mean lies in: 平江街道 alone is in 姑苏区, 城关镇 alone nowhere.

    Notes
    -----
    Each distinct combination of divisions is looked up once.
    """
    told = (
        elements.lazy()
        .filter(pl.col("kind").is_in([kind.value for kind in TELLING]))
        .group_by("row", maintain_order=True)
        .agg(said=pl.concat_str("kind", "normal", separator="\t"))
        .with_columns(said=pl.col("said").list.join("\n"))
        .collect()
    )
    distinct = told["said"].unique()
    rows = [
        (said, kind, name, code)
        for said in distinct
        for kind, name, code in _fill(tuple(_cut(line) for line in said.split("\n")))
    ]
    filled = pl.DataFrame(
        rows, schema={"said": pl.String} | dict(list(SCHEMA.items())[1:]), orient="row"
    )
    return told.join(filled, on="said", how="inner", maintain_order="left_right").select(
        pl.col(name).cast(kind) for name, kind in SCHEMA.items()
    )


def _cut(line: str) -> tuple[str, str]:
    kind, _, name = line.partition("\t")
    return kind, name


@lru_cache(maxsize=100_000)
def _fill(said: Said) -> tuple[tuple[str, str, str], ...]:
    named = dict(reversed(said))
    meant = _find_meant(named)
    if not meant:
        return ()
    by_code = load_divisions().by_code
    filled = []
    for kind in FILLED:
        codes = {division.code[: CODE_LENGTH[kind]] for division in meant}
        held = by_code.get(codes.pop()) if len(codes) == 1 else None
        is_said = kind.value in named or (held is not None and held.name in named.values())
        if held is not None and not is_said and held not in meant:
            filled.append((kind.value, held.name, held.code))
    return tuple(filled)


def _find_meant(named: dict[str, str]) -> list[Division]:
    """Find the divisions that the narrowest name may mean, within all the wider ones named."""
    for kind in sorted((Kind(kind) for kind in named), key=lambda k: -DEPTH[k]):
        held = [
            division
            for division in load_divisions().by_name.get(named[kind.value], ())
            if division.kind is kind and not division.is_short and _lies_within(division, named)
        ]
        if held:
            return held
    return []


def _lies_within(division: Division, named: dict[str, str]) -> bool:
    by_code = load_divisions().by_code
    above = {
        kind.value: by_code[division.code[:length]].name
        for kind, length in CODE_LENGTH.items()
        if len(division.code) > length and division.code[:length] in by_code
    }
    return all(named.get(kind, name) == name for kind, name in above.items())
