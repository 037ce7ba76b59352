"""Register text: its form, and its reading by the parts that texts have in common."""

from collections.abc import Callable
from functools import lru_cache
from itertools import chain
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fangge.engine.address.elements import (
    BUILDING_WORDS,
    FLOOR_WORDS,
    NUMERALS,
    ROAD_WORDS,
    ROOM_WORDS,
    STEMS,
    UNIT_WORDS,
    Kind,
)
from fangge.engine.address.found import Found
from fangge.engine.address.grammar import CONFIDENCE, Piece, parse_head, read_inner, split_inner
from fangge.engine.address.normalise import HOUSE

_NUMBERS = {kind: number for number, kind in enumerate(Kind)}
_SURE = np.array([CONFIDENCE.get(kind, CONFIDENCE[None]) for kind in Kind], dtype=np.float32)
# From the widest to the narrowest; a text that follows this order without a gap is register text.
_RANKS = {
    kind: rank
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
_SWALLOWED = frozenset("省市区县")
ESTATE_WORDS = "花园|新村|公寓|小区|家园|花苑|名邸|雅居|[^公]苑|[一二三四五六七八九十]村"
_HAN = r"[\u3400-\u9fff]"
# A road's name is short and no village, quarter or town stands before it: the tagger reads those.
_ROAD_NAME = rf"[\u3400-\u9fff--[村区县市镇乡队庄]]{{0,3}}{_HAN}"
_COUNT = rf"第?[0{NUMERALS}{STEMS}A-Za-z-]{{1,6}}"
# What cannot be register text is not read by the rules first: that costs more than the tagger.
REGISTER_FORM = (
    rf"^{_HAN}{{2,24}}(?:街道|镇|乡)(?:办事处)?{_ROAD_NAME}(?:{'|'.join(ROAD_WORDS)})"
    rf"(?:[0{NUMERALS}{STEMS}之-]{{1,7}}[号弄#{HOUSE}]"
    rf"(?:{_HAN}{{1,10}}(?:{ESTATE_WORDS}))?"
    rf"(?:{_COUNT}(?:{'|'.join(BUILDING_WORDS)}|#))?"
    rf"(?:{_COUNT}(?:{'|'.join(UNIT_WORDS)}))?(?:{_COUNT}(?:{'|'.join(FLOOR_WORDS)}))?"
    rf"(?:{_COUNT}(?:{'|'.join(ROOM_WORDS)})?)?)?$"
)
IN_ORDER, NO_FORM, NOT_IN_ORDER, LEFT_OVER = (
    "register_order",
    "no_register_form",
    "not_in_order",
    "left_over",
)
REASONS = (IN_ORDER, NO_FORM, NOT_IN_ORDER, LEFT_OVER)
"""Why a reader was chosen; the first is the rules'."""
_IN_ORDER, _NO_FORM, _NOT_IN_ORDER, _LEFT_OVER = range(len(REASONS))


class _Part(NamedTuple):
    """How a part of a text is read, and what is to be said of that."""

    pieces: tuple[int, ...]  # start, end and kind of each: flat, for the collector to leave alone
    size: int  # characters
    begins: int  # rank of the first piece, or a high one
    ends: int  # rank of the last piece, or a low one
    ordered: bool
    whole: bool


def read_register_texts(templates: pl.Series) -> tuple[Found, NDArray[np.uint8]]:
    """Read the templates that are register text, and say of each whether and why not.

    Parameters
    ----------
    templates : polars.Series of String
        Folded texts whose digits are masked as 0.

    Returns
    -------
    Found
        The elements of those that are register text.
    uint8 array
        The place in REASONS of each template.

    Notes
    -----
    A text is register text where its parts are: what is before its building, and the rest. These
    are read once each, as the rules read a whole text, so that their products cost only a look-up.
    """
    reasons = np.full(len(templates), _NO_FORM, dtype=np.uint8)
    formed = np.flatnonzero(templates.str.contains(REGISTER_FORM).to_numpy())
    split = split_inner(templates.gather(formed))
    heads, h = _read_distinct(split["head"].to_list(), _read_head_part)
    inners, i = _read_distinct(split["inner"].to_list(), _read_inner_part)
    # What is left behind the room, or is a name behind a building, is never in order.
    ordered = _told(heads, "ordered")[h] & _told(inners, "ordered")[i]
    ordered &= _told(heads, "ends")[h] < _told(inners, "begins")[i]
    ordered &= (split["rest"] == "").to_numpy()
    whole = _told(heads, "whole")[h] & _told(inners, "whole")[i]
    reasons[formed] = np.where(ordered, np.where(whole, _IN_ORDER, _LEFT_OVER), _NOT_IN_ORDER)
    plain = (ordered & whole).astype(np.bool_)
    return _join(heads, h[plain], inners, i[plain], formed[plain]), reasons


def _read_distinct(
    texts: list[str], read: Callable[[str], _Part]
) -> tuple[list[_Part], NDArray[np.int64]]:
    """Read each distinct part once; gives the place of each text's."""
    distinct: dict[str, int] = {}
    places = np.array([distinct.setdefault(text, len(distinct)) for text in texts], dtype=np.int64)
    return [read(text) for text in distinct], places


def _told(parts: list[_Part], name: str) -> NDArray[np.int64]:
    return np.array([getattr(part, name) for part in parts], dtype=np.int64)


@lru_cache(maxsize=500_000)
def _read_head_part(text: str) -> _Part:
    pieces = parse_head(text)
    kinds = [piece[2] for piece in pieces]
    may_be = Kind.ROAD in kinds and Kind.SUBDISTRICT in kinds and not _swallows(text, pieces)
    return _judge_part(text, pieces, may_be=may_be)


def _swallows(text: str, pieces: tuple[Piece, ...]) -> bool:
    """Tell whether a wider division was read as part of the subdistrict's name."""
    for start, end, kind in pieces:
        if kind is Kind.SUBDISTRICT and not _SWALLOWED.isdisjoint(text[start + 1 : end - 1]):
            return True
    return False


@lru_cache(maxsize=500_000)
def _read_inner_part(text: str) -> _Part:
    return _judge_part(text, read_inner(text), may_be=True)


def _judge_part(text: str, pieces: tuple[Piece, ...], *, may_be: bool) -> _Part:
    at, before, ordered, whole = 0, -1, may_be, True
    numbered: list[int] = []
    for start, end, kind in pieces:
        rank = _RANKS.get(kind, -1)
        ordered &= rank > before
        whole &= start == at
        at, before = end, rank
        numbered += (start, end, _NUMBERS[kind])
    begins = _RANKS.get(pieces[0][2], -1) if pieces else len(_RANKS)
    return _Part(tuple(numbered), len(text), begins, before, ordered, whole and at == len(text))


def _join(
    heads: list[_Part],
    h: NDArray[np.int64],
    inners: list[_Part],
    i: NDArray[np.int64],
    rows: NDArray[np.int64],
) -> Found:
    """Put the pieces of each text's two parts one behind the other."""
    parts = [*heads, *inners]
    flat = chain.from_iterable(part.pieces for part in parts)
    pieces = np.fromiter(flat, dtype=np.int64).reshape(-1, 3)
    n_pieces = np.array([len(part.pieces) // 3 for part in parts], dtype=np.int64)
    both = np.stack([h, i + len(heads)], axis=1).ravel()
    counts = n_pieces[both]
    begins = (np.cumsum(n_pieces) - n_pieces)[both]
    offsets = np.stack([np.zeros_like(h), _told(heads, "size")[h]], axis=1).ravel()
    place = np.arange(counts.sum()) + np.repeat(begins - np.cumsum(counts) + counts, counts)
    offset, held = np.repeat(offsets, counts), pieces[place]
    kinds = held[:, 2].astype(np.uint8)
    return Found(
        rows=np.repeat(rows, counts.reshape(-1, 2).sum(axis=1)),
        starts=(held[:, 0] + offset).astype(np.uint16),
        ends=(held[:, 1] + offset).astype(np.uint16),
        kinds=kinds,
        sure=_SURE[kinds],
    )
