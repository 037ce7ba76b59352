"""Read texts into elements, and find the standard addresses they may mean."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from fangge.kernel.actor import Actor
from fangge.kernel.errors import Invalid
from fangge.registers.actions.index import match_texts
from fangge.registers.adapters.addresses import (
    IndexMissing,
    ReadText,
    current_folder,
    read_texts,
    suggest_for_texts,
)
from fangge.registers.models.address import Address
from fangge.registers.queries.ghosts import MARK
from fangge.registers.queries.search import addresses_by_codes
from fangge.registers.rules.corrections import clean_text

MOST_TEXTS, LONGEST_TEXT = 1000, 1000


@dataclass(frozen=True, slots=True)
class RowFault:
    """What is wrong with one text, counted from 0."""

    row: int
    reason: str


class TextsRefused(Invalid):
    """Some texts cannot be taken; `faults` says which and why."""

    def __init__(self, faults: Sequence[RowFault]) -> None:
        first = f"Row {faults[0].row}: {faults[0].reason}." if faults else ""
        super().__init__(first)
        self.faults = list(faults)


@dataclass(frozen=True, slots=True)
class Found:
    """A standard address that a text may mean, among those the actor may see."""

    address: Address
    score: float
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TextMatch:
    text: str
    candidates: list[Found]
    asserted: bool
    reasons: tuple[str, ...]


def read_free_texts(*, actor: Actor, texts: Sequence[str]) -> list[ReadText]:
    """Read each text into its elements; see `check_texts` for what is refused."""
    actor.require("addresses.see")
    check_texts(texts)
    return read_texts(texts)


def match_free_texts(*, actor: Actor, texts: Sequence[str], n_most: int) -> list[TextMatch]:
    """Give the standard addresses that each text may mean, best first.

    Raises `IndexMissing` before the first link run, and what `check_texts` raises.
    """
    actor.require("addresses.see")
    check_texts(texts)
    cleaned = pl.Series([clean_text(text) for text in texts], dtype=pl.String)
    found = match_texts(cleaned, folder=current_folder())
    rows = list(found.iter_rows(named=True))
    ranked = _rank(cleaned, rows, n_most)
    codes = sorted({code for candidates in ranked for code in candidates})
    visible = {held.code: held for held in addresses_by_codes(actor=actor, codes=codes)}
    return [
        TextMatch(
            text=text,
            candidates=[
                Found(visible[code], score, reasons)
                for code, (score, reasons) in candidates.items()
                if code in visible
            ][:n_most],
            asserted=bool(row["asserted"]) and row["code"] in visible,
            reasons=tuple(row["reasons"] or ()),
        )
        for text, row, candidates in zip(texts, rows, ranked, strict=True)
    ]


Ranked = dict[str, tuple[float, tuple[str, ...]]]
"""Score and reasons by code, best first."""


def _rank(texts: pl.Series, rows: list[dict[str, object]], n_most: int) -> list[Ranked]:
    """Put each match first; others follow only where it is not certain."""
    ranked: list[Ranked] = []
    for row in rows:
        reasons = row["reasons"] if isinstance(row["reasons"], list) else []
        told = (round(float(str(row["score"])), 4), tuple(reasons))
        ranked.append({} if row["code"] is None else {str(row["code"]): told})
    open_rows = [i for i, row in enumerate(rows) if n_most > 1 and not row["asserted"]]
    others = suggest_for_texts([texts[i] for i in open_rows], n_most=n_most) if open_rows else []
    for i, candidates in zip(open_rows, others, strict=True):
        for other in candidates:
            # What once stood there stands elsewhere under its own code.
            code = other.code.partition(MARK)[0]
            ranked[i].setdefault(code, (round(other.score, 4), other.reasons))
    return ranked


def read_with_matches(
    *, actor: Actor, texts: Sequence[str], n_most: int
) -> list[tuple[ReadText, TextMatch | None]]:
    """Read each text and match it; without an index the matches are missing."""
    read = read_free_texts(actor=actor, texts=texts)
    try:
        matched: Sequence[TextMatch | None] = match_free_texts(
            actor=actor, texts=texts, n_most=n_most
        )
    except IndexMissing:
        matched = [None] * len(read)
    return list(zip(read, matched, strict=True))


def check_texts(texts: Sequence[str]) -> None:
    """Raise `TextsRefused` with the row and the reason of what is too many or too long."""
    if len(texts) > MOST_TEXTS:
        raise TextsRefused([RowFault(MOST_TEXTS, f"too many texts: at most {MOST_TEXTS} at once")])
    faults = [
        RowFault(row, f"too long: at most {LONGEST_TEXT} characters")
        for row, text in enumerate(texts)
        if len(text) > LONGEST_TEXT
    ]
    if faults:
        raise TextsRefused(faults)
