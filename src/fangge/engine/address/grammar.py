"""The rules that read an address: where its inner part begins, and what each piece is."""

import re
from collections.abc import Callable
from functools import lru_cache
from string import ascii_letters

import polars as pl

from fangge.engine.address.divisions import DivisionSpan, name_division, read_divisions
from fangge.engine.address.elements import (
    BUILDING_WORDS,
    COMMUNITY_WORDS,
    DIVISION_KINDS,
    FLOOR_WORDS,
    NEAR_WORDS,
    NOISE_WORDS,
    NUMERALS,
    ROOM_WORDS,
    STEMS,
    SURNAMES,
    UNIT_WORDS,
    ZONE_WORDS,
    Kind,
)
from fangge.engine.address.normalise import FILLER, HOUSE, fold_texts, mask_digits, normalise_token

Piece = tuple[int, int, Kind]
"""Start and end in characters, and what it is."""

_CN = rf"[{NUMERALS}]+"
_BUILDING = (
    rf"(?:第?(?:[0-9]+(?:-[0-9]+)?[A-Za-z{STEMS}]?|{_CN}|[A-Za-z][0-9]*|[{STEMS}]) ?"
    rf"(?:{'|'.join(BUILDING_WORDS)}|#))"
)
_UNIT = rf"(?:第?(?:[0-9]+|[A-Za-z{STEMS}]) ?(?:{'|'.join(UNIT_WORDS)})|第?{_CN} ?单元)"
_FLOOR = rf"(?:第?(?:-?[0-9]+|[Bb][0-9]|{_CN}) ?(?:{'|'.join(FLOOR_WORDS)}))"
_ROOM_DIGITS = rf"[A-Za-z]?[0-9]+(?:-[0-9]+)*[A-Za-z{STEMS}]?"
_ROOM = (
    rf"(?:{_ROOM_DIGITS} ?(?:{'|'.join(ROOM_WORDS)})?"
    rf"|{_CN}(?:室|房间|房|户|号)|[零〇一二三四五六七八九]{{3,4}})"
)
_DASHED = r"[0-9]+[A-Za-z]?-[0-9]+[A-Za-z]?(?:-[0-9]+[A-Za-z]?){0,2} ?(?:室|房)?"
_JOINT = "[ ,-]?"
_REST = rf"(?:[ ,;:(/|{FILLER}].*|(?:{'|'.join(NOISE_WORDS)}).*|[^0-9A-Za-z号#\-][^0-9]*)?"
_STRICT_REST = (
    rf"(?:[(|{FILLER}].*|[ ,;:/]+(?:[^ 0-9号#弄幢栋楼座室].*)?|(?:{'|'.join(NOISE_WORDS)})[^0-9]*)?"
)
# The inner part: the first place from which only building, unit, floor and room follow.
INNER = (
    r"(?:(?P<worded>"
    rf"{_BUILDING}{_JOINT}(?:{_UNIT})?{_JOINT}(?:{_FLOOR})?{_JOINT}(?:{_ROOM})?"
    rf"|{_UNIT}{_JOINT}(?:{_FLOOR})?{_JOINT}(?:{_ROOM})?"
    rf"|{_FLOOR}{_JOINT}(?:{_ROOM})?"
    rf"|{_ROOM_DIGITS} ?(?:室|房间|号房|号室|房|户)|{_CN}(?:室|房)"
    rf")(?P<rest>{_REST})"
    rf"|(?P<bare>{_DASHED}|[A-Za-z]?[0-9]{{1,4}}[A-Za-z]?)(?P<bare_rest>{_STRICT_REST}))$"
)
_PARTS = re.compile(
    rf"^(?P<building>{_BUILDING})?{_JOINT}(?P<unit>{_UNIT})?{_JOINT}(?P<floor>{_FLOOR})?{_JOINT}"
    rf"(?P<room>{_ROOM})?$"
)
_SEPARATORS = " ,;:-/|.\\"
_NUMBER = rf"[{STEMS}]?(?:[0-9]+|{_CN})(?:[-之](?:[0-9]+|{_CN}))*[A-Za-z{STEMS}]?"
_NAMED = r"\u3400-\u9fffA-Za-z"
_STEPS: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    (Kind.PHONE, re.compile(rf"{FILLER}+")),
    (Kind.PERSON, re.compile(rf"[{SURNAMES}][\u4e00-\u9fff]{{1,2}}(?:先生|女士)?(?= ?{FILLER})")),
    (Kind.REDUNDANT, re.compile(r"\([^()]*\)?")),
    (Kind.REDUNDANT, re.compile(r"[<>\"'=]+[^\u3400-\u9fff]*")),
    (Kind.GROUP, re.compile(rf"第?(?:[0-9]+|{_CN})(?:村民小组|小组|组|大队|队)")),
    (
        Kind.NUMBER,
        re.compile(
            rf"{_NUMBER} ?(?:号(?!楼[0-9]|楼$|幢|栋)|{HOUSE}|#|弄)(?:[{STEMS}]|(?:之|-)[0-9]+)?"
        ),
    ),
    (Kind.BUILDING, re.compile(_BUILDING)),
    (Kind.UNIT, re.compile(_UNIT)),
    (Kind.FLOOR, re.compile(_FLOOR)),
    (Kind.ROOM, re.compile(rf"{_ROOM_DIGITS} ?(?:室|房间|号房|号室|房|户)")),
    (
        Kind.SUBDISTRICT,
        re.compile(
            rf"[{_NAMED}]{{1,6}}?(?:街道(?:办事处)?|镇(?![江海湖路街巷])|乡(?![路街村{NUMERALS}]))(?=.)"
        ),
    ),
    (Kind.DEVELOPMENT_ZONE, re.compile(rf"[{_NAMED}]{{0,8}}?(?:{'|'.join(ZONE_WORDS)})")),
    (Kind.COMMUNITY, re.compile(rf"[{_NAMED}0]{{1,10}}?(?:{'|'.join(COMMUNITY_WORDS)})")),
    (
        Kind.COMMUNITY,
        re.compile(
            rf"[{_NAMED}]{{1,4}}(?<![新{NUMERALS}])村(?=第?[0-9{NUMERALS}]+(?:村民)?(?:小组|号|组|队)|$)"
        ),
    ),
    (
        Kind.ROAD,
        re.compile(
            rf"[{_NAMED}]{{1,9}}?(?:大街|大道|街(?!道|坊|区)|路(?!口)|巷|胡同|弄"
            rf"|(?:里|道)(?= ?(?:[0-9]|{_CN}(?:号|弄)|[{STEMS}][0-9])))(?!小区|新村|花园|公寓)"
        ),
    ),
    (
        Kind.DIRECTION,
        re.compile(
            rf"{'|'.join(sorted(NEAR_WORDS, key=len, reverse=True))}|[东南西北]{{1,2}}[侧面]"
        ),
    ),
    (Kind.INTERSECTION, re.compile(r"(?:与|和)?(?:交叉口|交汇处|路口|交界处)")),
    (
        Kind.ESTATE,
        re.compile(
            rf"[{_NAMED}]+?(?=$|[^{_NAMED}]|[东南西北]?(?:{'|'.join(NEAR_WORDS)})|[东南西北]{{1,2}}[侧面])"
        ),
    ),
)
_DIGITS = "0123456789"
_COUNTED = f"第-{_DIGITS}{ascii_letters}{NUMERALS}{STEMS}"
_FIRST = dict.fromkeys(
    (Kind.GROUP, Kind.NUMBER, Kind.BUILDING, Kind.UNIT, Kind.FLOOR, Kind.ROOM), _COUNTED
) | {
    Kind.PHONE: FILLER,
    Kind.PERSON: SURNAMES,
    Kind.REDUNDANT: "(<>\"'=",
    Kind.DIRECTION: f"东南西北{''.join(word[0] for word in NEAR_WORDS)}",
    Kind.INTERSECTION: "与和交路",
}
"""How elements of a kind may begin, where that is known: to try no pattern in vain."""
_BARE_NUMBER = re.compile(r"[0-9]{1,4}(?:-[0-9]+)?(?= *$| *[,;:(])")
_ANDS = "与和跟及"
_AND = re.compile(rf"[{_ANDS}](?=.{{1,9}}?(?:路|街|巷|大道))")
_EMPTY = re.compile(r"(?:null|none|nan|n/a|无|不详|未知)$", re.IGNORECASE)
_NOISE = rf"^(?:{'|'.join(NOISE_WORDS)})"
CONFIDENCE: dict[Kind | None, float] = {
    Kind.ESTATE: 0.8,
    Kind.REDUNDANT: 0.7,
    Kind.COMMUNITY: 0.9,
    Kind.DIRECTION: 0.9,
    None: 0.97,
}
"""How sure a reading by rules is; that of all other kinds stands under None."""
_WORD_TAIL = re.compile(rf"(?:{'|'.join((*BUILDING_WORDS, *UNIT_WORDS, *FLOOR_WORDS))}|#)$")
MOST_UNIT_DIGITS = 2
_WHOLE_DASHED = (Kind.BUILDING, Kind.UNIT, Kind.FLOOR, Kind.ROOM)
_DIVISIONS = frozenset(kind.value for kind in DIVISION_KINDS)
NUMBERED = {
    Kind.BUILDING: ("幢", (*BUILDING_WORDS, "#", "号")),
    Kind.UNIT: ("单元", UNIT_WORDS),
    Kind.FLOOR: ("层", FLOOR_WORDS),
    Kind.ROOM: ("室", ROOM_WORDS),
    Kind.NUMBER: ("号", ("号", HOUSE, "#")),
}


def split_inner(folded: pl.Series) -> pl.DataFrame:
    """Split folded texts into head (to the estate), inner (building to room) and rest.

    Notes
    -----
    One regular expression without backtracking: linear in the text. What follows the head is taken
    apart once for all texts that it is the same in.
    """
    text = pl.col("text")
    frame = (
        pl.DataFrame({"text": folded, "at": folded.str.find(INNER)})
        .lazy()
        .with_columns(
            head=text.cast(pl.Binary).bin.head("at").cast(pl.String).fill_null(text),
            tail=text.cast(pl.Binary).bin.slice("at").cast(pl.String).fill_null(""),
        )
        .with_columns(is_road=pl.col("head").str.contains(r"[路街巷弄里道]$"))
        .collect()
    )
    tails = frame.select("tail", "is_road").unique()
    groups = tails["tail"].str.extract_groups(rf"^{INNER}").struct.unnest()
    # 临顿路88 ends in a house number, not in a room.
    moves = pl.col("is_road") & pl.col("inner").str.contains(r"^[0-9]+$")
    taken = (
        tails.hstack(groups)
        .lazy()
        .with_columns(
            inner=pl.coalesce("worded", "bare").fill_null(""),
            rest=pl.coalesce("rest", "bare_rest").fill_null(""),
        )
        .with_columns(
            moved=pl.when(moves).then("inner").otherwise(pl.lit("")),
            inner=pl.when(moves).then(pl.lit("")).otherwise("inner"),
        )
    )
    return (
        frame.lazy()
        .join(taken, on=["tail", "is_road"], how="left", maintain_order="left")
        .select("text", head=pl.concat_str("head", "moved"), inner="inner", rest="rest")
        .collect()
    )


@lru_cache(maxsize=500_000)
def read_head(template: str) -> tuple[Piece, ...]:
    """Read the part of an address up to its estate; digits may be masked as 0."""
    return parse_head(template)


def parse_head(template: str) -> tuple[Piece, ...]:
    """Read a head as `read_head` does, and remember nothing."""
    spans = read_divisions(template)
    pieces: list[Piece] = [(s.start, s.end, _kind_of(s, template)) for s in spans]
    at = pieces[-1][1] if pieces else 0
    seen_road = False
    while at < len(template):
        if template[at] in _SEPARATORS:
            at += 1
            continue
        piece = _step(template, at, seen_road=seen_road)
        seen_road |= piece[2] is Kind.ROAD or piece[2] is Kind.NUMBER
        pieces.append(piece)
        at = piece[1]
    return tuple(_join_redundant(pieces))


def _kind_of(span: DivisionSpan, template: str) -> Kind:
    """Take a municipality that is written in full for the city that it is, too: 上海市黄浦区."""
    kind = span.division.kind
    is_city = kind is Kind.PROVINCE and template[span.end - 1] == "市"
    return Kind.CITY if is_city else kind


def _step(template: str, at: int, *, seen_road: bool) -> Piece:
    first = template[at]
    if seen_road and first in _DIGITS and (bare := _BARE_NUMBER.match(template, at)):
        return at, bare.end(), Kind.NUMBER
    if seen_road and first in _ANDS and _AND.match(template, at):
        return at, at + 1, Kind.REDUNDANT
    if at == 0 and _EMPTY.match(template):
        return at, len(template), Kind.REDUNDANT
    for kind, pattern in _steps_from(first, seen_road=seen_road):
        hit = pattern.match(template, at)
        if hit and hit.end() > at:
            return at, hit.end(), kind
    return at, at + 1, Kind.REDUNDANT


@lru_cache(maxsize=10_000)
def _steps_from(first: str, *, seen_road: bool) -> tuple[tuple[Kind, re.Pattern[str]], ...]:
    """Give the steps that may begin with a character; no towns and quarters behind a road."""
    return tuple(
        (kind, pattern)
        for kind, pattern in _STEPS
        if first in _FIRST.get(kind, first)
        and not (seen_road and kind in (Kind.SUBDISTRICT, Kind.COMMUNITY))
    )


def _join_redundant(pieces: list[Piece]) -> list[Piece]:
    joined: list[Piece] = []
    for start, end, kind in pieces:
        if joined and kind == joined[-1][2] == Kind.REDUNDANT and joined[-1][1] == start:
            joined[-1] = (joined[-1][0], end, kind)
        else:
            joined.append((start, end, kind))
    return joined


@lru_cache(maxsize=100_000)
def read_inner(template: str) -> tuple[Piece, ...]:
    """Read the part of an address from its building to its room."""
    hit = _PARTS.match(template)
    if hit is None or (hit["room"] and not hit["building"] and "-" in hit["room"]):
        return _read_dashed(template, 0, ())
    pieces: list[Piece] = [
        (*hit.span(kind.value), kind)
        for kind in (Kind.BUILDING, Kind.UNIT, Kind.FLOOR, Kind.ROOM)
        if hit[kind.value]
    ]
    if pieces and pieces[-1][2] is Kind.ROOM and "-" in template[pieces[-1][0] :]:
        taken = tuple(kind for _, _, kind in pieces[:-1])
        return (*pieces[:-1], *_read_dashed(template, pieces[-1][0], taken))
    return tuple(pieces)


def _read_dashed(template: str, start: int, taken: tuple[Kind, ...]) -> tuple[Piece, ...]:
    """Read 3-2-501: the last is the room, those before it building, unit and floor in order."""
    spans = [(start + m.start(), start + m.end()) for m in re.finditer(r"[^- ]+", template[start:])]
    free = [Kind.BUILDING, Kind.UNIT]
    if taken:
        # 3幢2-501 says a unit, 3幢1102-1 a part of a room.
        is_unit = spans[0][1] - spans[0][0] <= MOST_UNIT_DIGITS
        free = [Kind.UNIT] if taken == (Kind.BUILDING,) and is_unit else []
    elif len(spans) == len(_WHOLE_DASHED):
        free.append(Kind.FLOOR)
    if len(spans) - 1 > len(free):
        return ((start, len(template), Kind.ROOM),)
    kinds = [*free[: len(spans) - 1], Kind.ROOM]
    return tuple((s, e, k) for (s, e), k in zip(spans, kinds, strict=True))


def write_piece(kind: str, text: str) -> str:
    """Write an element the register's way: 三号楼 as 3幢, 501 as 501室; names as they stand."""
    if kind in _DIVISIONS:
        return name_division(text, Kind(kind))
    held = NUMBERED.get(Kind(kind))
    if held is None or text.endswith("弄"):
        return text.strip().replace(FILLER, "")
    word, endings = held
    return f"{cut_token(text, endings)}{word}"


def cut_token(text: str, endings: tuple[str, ...]) -> str:
    """Cut an element's counting word off and write its number one way."""
    core = text.strip().removeprefix("第").strip()
    for ending in endings:
        if core.endswith(ending) and len(core) > len(ending):
            return normalise_token(core.removesuffix(ending).strip())
    # 88号甲 is 88甲号.
    return normalise_token(core.replace("号", "", 1) if "号" in endings else core)


def read_addresses(texts: pl.Series) -> pl.DataFrame:
    """Read addresses into elements by the rules alone.

    Parameters
    ----------
    texts : polars.Series of String
        Addresses as people wrote them; missing ones have no elements.

    Returns
    -------
    polars.DataFrame
        row (u32, the text's place), start and end (u16, characters of the original text), kind,
        normal (the element in the register's writing), confidence (f32, 0 to 1). In order of row
        and start; spans do not overlap. Text beyond the first 400 characters is not read.

    Notes
    -----
    Texts that differ only in digits are read once: the cost grows with the number of templates.
    """
    folded = fold_texts(texts)
    pieces = find_pieces(folded)
    whole = pl.DataFrame({"text": folded}).with_row_index("row")
    said = pieces.join(whole, on="row", how="left", maintain_order="left").select(
        "kind", said=pl.col("text").str.slice("start", pl.col("end") - pl.col("start"))
    )
    distinct = said.unique()
    normals = distinct.with_columns(
        normal=pl.Series([write_piece(*row) for row in distinct.iter_rows()], dtype=pl.String)
    )
    named = said.join(normals, on=["kind", "said"], how="left", maintain_order="left")
    return pieces.select("row", "start", "end", "kind", named["normal"], "confidence")


def find_pieces(folded: pl.Series) -> pl.DataFrame:
    """Find the elements of folded texts: row, start, end, kind and confidence, in order."""
    split = split_inner(folded).with_row_index("row")
    split = split.with_columns(
        n_head=pl.col("head").str.len_chars(), n_inner=pl.col("inner").str.len_chars()
    )
    heads = _read_each(split, "head", read_head, pl.lit(0))
    inners = _read_each(split, "inner", read_inner, pl.col("n_head"))
    rests = _read_each(split, "rest", read_head, pl.col("n_head") + pl.col("n_inner"))
    kept = pl.col("kind").is_in([Kind.PHONE.value, Kind.PERSON.value, Kind.DIRECTION.value])
    is_estate = (pl.col("kind") == Kind.ESTATE.value) & ~pl.col("template").str.slice(
        pl.col("start").cast(pl.Int64) - pl.col("offset")
    ).str.contains(_NOISE)
    rests = rests.with_columns(
        kind=pl.when(kept | is_estate).then("kind").otherwise(pl.lit(Kind.REDUNDANT.value))
    )
    confidence = pl.col("kind").replace_strict(
        {kind.value: sure for kind, sure in CONFIDENCE.items() if kind}, default=CONFIDENCE[None]
    )
    columns = ["row", "start", "end", "kind"]
    return (
        pl.concat([part.select(columns) for part in (heads, inners, rests)])
        .sort("row", "start", maintain_order=True)
        .with_columns(pl.col("row").cast(pl.UInt32), confidence=confidence.cast(pl.Float32))
    )


def _read_each(
    split: pl.DataFrame,
    column: str,
    reader: Callable[[str], tuple[Piece, ...]],
    offset: pl.Expr,
) -> pl.DataFrame:
    """Read each distinct template of a column once and give its pieces to every row."""
    rows = split.select("row", "n_head", "n_inner", template=mask_digits(split[column]))
    distinct = rows["template"].unique()
    read = [(template, *piece) for template in distinct for piece in reader(template)]
    schema = {"template": pl.String, "start": pl.UInt16, "end": pl.UInt16, "kind": pl.String}
    return rows.join(
        pl.DataFrame(read, schema=schema, orient="row"), on="template", maintain_order="left_right"
    ).select(
        "row",
        start=(pl.col("start") + offset).cast(pl.UInt16),
        end=(pl.col("end") + offset).cast(pl.UInt16),
        kind="kind",
        template="template",
        offset=offset.cast(pl.Int64),
    )
