"""Texts spoilt in ways that no rule was written for, to measure matching by."""

import re
from collections.abc import Callable

import numpy as np
import polars as pl

from fangge.engine.synthesis.mistakes import MISTAKEN

COMMON = (
    "的是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成"
    "会可主发年动同工也能下过子说产种面而方后多定行学法所民得经"
)
"""Characters that strike in where none belongs."""
SEPARATORS = (" ", "-", ",", "，", "/", "、", "|", "·")
SHORTEST = 4
_DIVISIONS = re.compile(
    r"^(?:江苏省|苏州市?|姑苏区|[^0-9区路街巷弄]{2,4}街道|[^0-9路街巷弄]{2,6}社区)+"
)
_ROAD = re.compile(r"[^0-9区道巷弄社]{1,5}(?:路|街|巷|弄)[0-9零一二三四五六七八九十百]{1,5}[号#]")
_NUMBER = re.compile("[0-9０-９A-Za-z零一二三四五六七八九十百甲乙丙丁]")

Spoiler = Callable[[str, np.random.Generator], str]


def spoil_addresses(texts: pl.Series, *, seed: int, share: float = 1.0) -> pl.DataFrame:
    """Spoil a share of texts, each once, in a way drawn by chance; no number is changed.

    Parameters
    ----------
    texts : polars.Series of String
        Addresses in the order of the register: divisions, road, number, estate, building, room.
    seed : int
        The same seed gives the same texts.
    share : float
        The part of the texts that is spoilt (0 to 1).

    Returns
    -------
    polars.DataFrame
        Same height and order: text, and kind (the name of the mistake; missing where the text stays
        as it was).
    """
    rng = np.random.default_rng(seed)
    kinds = list(SPOILERS)
    chosen = rng.random(texts.len()) < share
    drawn = rng.integers(0, len(kinds), texts.len())
    spoilt: list[tuple[str, str | None]] = []
    for text, is_chosen, kind in zip(texts.fill_null(""), chosen, drawn, strict=True):
        name = kinds[kind]
        other = SPOILERS[name](text, rng) if is_chosen else text
        spoilt.append((other, name if other != text else None))
    return pl.DataFrame(spoilt, schema={"text": pl.String, "kind": pl.String}, orient="row")


def _place(text: str, rng: np.random.Generator) -> int | None:
    """Choose a character that is no part of a number."""
    free = [i for i, c in enumerate(text) if not _NUMBER.match(c)]
    return int(rng.choice(free)) if len(text) >= SHORTEST and free else None


def _draw(characters: str | tuple[str, ...], rng: np.random.Generator) -> str:
    return characters[int(rng.integers(len(characters)))]


def _substitute(text: str, rng: np.random.Generator) -> str:
    at = _place(text, rng)
    return text if at is None else text[:at] + _draw(COMMON, rng) + text[at + 1 :]


def _insert(text: str, rng: np.random.Generator) -> str:
    at = _place(text, rng)
    return text if at is None else text[:at] + _draw(COMMON, rng) + text[at:]


def _drop(text: str, rng: np.random.Generator) -> str:
    """Leave a character out, but none that keeps two numbers apart."""
    at = _place(text, rng)
    if at is None or (0 < at < len(text) - 1 and _parts_numbers(text, at)):
        return text
    return text[:at] + text[at + 1 :]


def _parts_numbers(text: str, at: int) -> bool:
    return bool(_NUMBER.match(text[at - 1]) and _NUMBER.match(text[at + 1]))


def _exchange(text: str, rng: np.random.Generator) -> str:
    at = _place(text, rng)
    if at is None or at + 1 >= len(text) or _NUMBER.match(text[at + 1]):
        return text
    return text[:at] + text[at + 1] + text[at] + text[at + 2 :]


def _mishear(text: str, rng: np.random.Generator) -> str:
    places = [i for i, c in enumerate(text) if c in MISTAKEN and not _NUMBER.match(c)]
    if not places:
        return text
    at = int(rng.choice(places))
    return text[:at] + MISTAKEN[text[at]] + text[at + 1 :]


def _repeat(text: str, rng: np.random.Generator) -> str:
    """Write a part twice: the divisions, or the road with its number."""
    parts = [hit for hit in (_DIVISIONS.match(text), _ROAD.search(text)) if hit]
    if not parts:
        return text
    hit = parts[int(rng.integers(len(parts)))]
    return text[: hit.end()] + hit.group() + text[hit.end() :]


def _part(text: str, rng: np.random.Generator) -> str:
    """Put a separator where a word of an address ends."""
    ends = [m.end() for m in re.finditer("[省市区道路街巷弄号幢栋楼元]", text)]
    at = int(rng.choice(ends)) if ends else 0
    return text[:at] + _draw(SEPARATORS, rng) + text[at:] if 0 < at < len(text) else text


def _move_divisions(text: str, _: np.random.Generator) -> str:
    hit = _DIVISIONS.match(text)
    return f"{text[hit.end() :]},{hit.group()}" if hit and hit.end() < len(text) else text


def _move_road(text: str, _: np.random.Generator) -> str:
    """Name the estate before the road and number."""
    hit = re.search(
        rf"({_ROAD.pattern})([\u4e00-\u9fff]{{3,6}}?)(?=[0-9零一二三四五六七八九十]+(?:幢|栋|座|号楼|-))",
        text,
    )
    if hit is None:
        return text
    return text[: hit.start()] + hit.group(2) + hit.group(1) + text[hit.end() :]


SPOILERS: dict[str, Spoiler] = {
    "substituted": _substitute,
    "inserted": _insert,
    "dropped": _drop,
    "exchanged": _exchange,
    "misheard": _mishear,
    "repeated": _repeat,
    "separated": _part,
    "divisions_moved": _move_divisions,
    "road_moved": _move_road,
}
