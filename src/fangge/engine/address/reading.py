"""Two readers, one result: rules for register text, the trained tagger for the rest."""

import polars as pl

from fangge.engine.address.elements import Kind
from fangge.engine.address.grammar import normalise_piece, read_addresses
from fangge.engine.address.normalise import fold_texts
from fangge.engine.address.tagger import Model, tag_texts

RULES, TAGGER = "rules", "tagger"
# From the widest to the narrowest; a text that follows this order without a gap is register text.
ORDER = {
    kind.value: rank
    for rank, kind in enumerate(
        (
            Kind.PROVINCE,
            Kind.CITY,
            Kind.DISTRICT,
            Kind.SUBDISTRICT,
            Kind.ROAD,
            Kind.NUMBER,
            Kind.ESTATE,
            Kind.BUILDING,
            Kind.UNIT,
            Kind.FLOOR,
            Kind.ROOM,
        )
    )
}
ESTATE_ENDINGS = r"(?:花园|新村|公寓|小区|家园|花苑|名邸|雅居|[^公]苑|[一二三四五六七八九十]村)$"


def read_texts(texts: pl.Series, model: Model) -> tuple[pl.DataFrame, pl.Series]:
    """Read addresses, each with the reader that suits it.

    Parameters
    ----------
    texts : polars.Series of String
        Addresses as people wrote them.
    model : Model
        The tagger's model, as `load_model` gives it.

    Returns
    -------
    polars.DataFrame
        The elements, as `read_addresses` returns them.
    polars.Series of String
        `rules` or `tagger` for each text: rules where the whole text is register text, which is
        divisions down to the subdistrict, road, number, estate, building, unit, floor and room in
        this order, none twice, with no character left over and an estate by a usual ending.
    """
    folded = fold_texts(texts)
    ruled = read_addresses(texts)
    plain = _find_register_text(ruled, folded)
    is_plain = pl.Series(plain)
    tagged = _name_elements(tag_texts(folded.zip_with(~is_plain, _blank(folded)), model), folded)
    kept = ruled.filter(is_plain.gather(ruled["row"])) if ruled.height else ruled
    elements = pl.concat([kept, tagged.select(ruled.columns)]).sort("row", "start")
    readers = (
        pl.Series([RULES])
        .new_from_index(0, texts.len())
        .zip_with(is_plain, pl.Series([TAGGER]).new_from_index(0, texts.len()))
    )
    return elements, readers


def _blank(texts: pl.Series) -> pl.Series:
    return pl.repeat("", texts.len(), dtype=pl.String, eager=True)


def _find_register_text(ruled: pl.DataFrame, folded: pl.Series) -> pl.Series:
    """Say of each text whether the rules' reading of it is that of register text."""
    ranked = ruled.with_columns(
        rank=pl.col("kind").replace_strict(ORDER, default=None, return_dtype=pl.Int8),
        gap=pl.col("start") - pl.col("end").shift(1, fill_value=0).over("row"),
        named=(pl.col("kind") != Kind.ESTATE.value) | pl.col("normal").str.contains(ESTATE_ENDINGS),
    )
    judged = ranked.group_by("row").agg(
        plain=pl.col("rank").is_not_null().all()
        & (pl.col("rank").diff().drop_nulls() > 0).all()
        & (pl.col("gap") == 0).all()
        & pl.col("named").all()
        & (pl.col("kind") == Kind.SUBDISTRICT.value).any()
        & (pl.col("kind") == Kind.ROAD.value).any()
        & (pl.col("kind") == Kind.NUMBER.value).any(),
        end=pl.col("end").max(),
    )
    sizes = pl.DataFrame({"size": folded.str.len_chars()}).with_row_index("row")
    joined = sizes.join(judged, on="row", how="left", maintain_order="left")
    return joined.select(
        (pl.col("plain") & (pl.col("end") == pl.col("size"))).fill_null(value=False)
    ).to_series()


def _name_elements(tagged: pl.DataFrame, folded: pl.Series) -> pl.DataFrame:
    """Write each element the register's way."""
    texts = folded.gather(tagged["row"]) if tagged.height else folded.clear()
    said = (
        pl.DataFrame({"text": texts})
        .hstack(tagged)
        .select(
            "kind", said=pl.col("text").str.slice(pl.col("start"), pl.col("end") - pl.col("start"))
        )
    )
    distinct = said.unique()
    normals = distinct.with_columns(
        normal=pl.Series([normalise_piece(*row) for row in distinct.iter_rows()], dtype=pl.String)
    )
    named = said.join(normals, on=["kind", "said"], how="left", maintain_order="left")
    return tagged.with_columns(named["normal"])
