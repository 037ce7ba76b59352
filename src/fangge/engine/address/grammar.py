"""The rules that read an address: text to its parts, whole columns at a time."""

import polars as pl

from fangge.engine.address.normalise import normalise_texts

# Districts that were merged into 姑苏区 in 2012 are still written.
HEAD = (
    r"^(?:中国)?(?:江苏省?)?(?:苏州市?)*(?:姑苏区|平江区|沧浪区|金阊区)?"
    r"(?:江苏省?苏州市?姑苏区)?"
)
PARTS = (
    r"^(?P<site>[^0-9]*?)"
    r"(?:(?P<number>[0-9]{1,4})(?:-[0-9]+)?号(?P<estate>[^0-9]*))?"
    r"(?P<inside>[0-9].*)?$"
)
DASHED = r"^(?P<building>[0-9]{1,3})(?:幢)?-(?:(?P<unit>[0-9]{1,2})(?:单元)?-)?(?P<room>[0-9]{1,4})(?:室|房)?$"
WORDED = (
    r"^(?:(?P<building>[0-9]{1,3})幢)?-?(?:(?P<unit>[0-9]{1,2})单元)?-?"
    r"(?:(?P<floor>[0-9]{1,2})(?:层|楼))?-?(?:(?P<room>[0-9]{1,4})(?:室|房|号)?)?"
)
COLUMNS = (
    "subdistrict",
    "community",
    "site",
    "number",
    "estate",
    "building",
    "unit",
    "floor",
    "room",
)
NUMBERS = ("number", "building", "unit", "floor", "room")


def read_parts(texts: pl.Series) -> pl.DataFrame:
    """Read addresses into their parts.

    Parameters
    ----------
    texts : polars.Series of String
        Addresses as people wrote them.

    Returns
    -------
    polars.DataFrame
        One row a text, in order: subdistrict, community, site (a road, or an estate written
        without its road) and estate as text; number, building, unit, floor and room as Int32;
        what the text does not say is missing. `plain` is the text in the register's writing.

    Notes
    -----
    Linear in the length of the texts: Rust's regular expressions do not backtrack.
    """
    plain = normalise_texts(texts)
    tail = plain.str.replace(HEAD, "")
    subdistrict = tail.str.extract(r"^([^0-9]{2,8}?街道)")
    rest = tail.str.replace(r"^[^0-9]{2,8}?街道", "")
    community = rest.str.extract(r"^([^0-9]{1,12}?社区)")
    rest = rest.str.replace(r"^[^0-9]{1,12}?社区", "")
    outer = rest.str.extract_groups(PARTS).struct.unnest()
    dashed = outer["inside"].str.extract_groups(DASHED).struct.unnest()
    worded = outer["inside"].str.extract_groups(WORDED).struct.unnest()
    inside = {
        name: pl.select(pl.coalesce(dashed[name], worded[name])).to_series()
        for name in ("building", "unit", "room")
    }
    frame = pl.DataFrame(
        {
            "plain": plain,
            "subdistrict": subdistrict,
            "community": community,
            "site": outer["site"],
            "estate": outer["estate"],
            "number": outer["number"],
            "floor": worded["floor"],
            **inside,
        }
    )
    return frame.with_columns(
        pl.col("site", "estate").replace("", None),
        pl.col(*NUMBERS).cast(pl.Int32, strict=False),
    )
