"""How texts are compared, and which name in a text may stand for which address."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

SHORTEST_NAME, LONGEST_NAME = 2, 60
NAMED_LEVELS = ("road", "estate", "number", "building")
"""Levels that may have another name; below them a text is decided on alone."""

SITES = ("road", "estate")
LIKENESSES = frozenset({"sounds", "looks", "swapped", "differs"})
UNREAD = frozenset({"unread", "unread_number", "unread_beside_number"})


@dataclass(frozen=True, slots=True)
class Step:
    """An address on the way from the road down to the one that was chosen."""

    address_id: int
    level: str
    name: str


@dataclass(frozen=True, slots=True)
class Naming:
    """A wording that stands for an address."""

    wording: str
    address_id: int


@dataclass(frozen=True, slots=True)
class Span:
    """Where in a text an element stands."""

    kind: str
    start: int
    end: int


def clean_text(text: str) -> str:
    """Leave out what no database or encoding holds: NUL, and halves of a character."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()


def fold_text(text: str) -> str:
    """Bring full and half width to one."""
    return unicodedata.normalize("NFKC", clean_text(text))


def fold_texts(texts: pl.Series) -> pl.Series:
    """Bring full and half width to one in a column."""
    return texts.str.normalize("NFKC")


def text_key(text: str) -> str:
    """Write a text as it is compared: one width, no spaces."""
    return "".join(fold_text(text).split())


def text_keys(texts: pl.Series) -> pl.Series:
    """Write a column of texts as they are compared."""
    return fold_texts(texts).str.replace_all(r"\s+", "")


def standard_wording(path: Sequence[Step]) -> str:
    """Write the last address of a path by what it must be named with to be found.

    A road or estate is its own name; a house number comes with its road, a building with its site.
    """
    last = path[-1]
    if last.level in SITES:
        return last.name
    start = next((i for i in range(len(path) - 1, -1, -1) if path[i].level in SITES), 0)
    # A floor is left out before a room, as the register writes it.
    return "".join(step.name for step in path[start:] if step.level != "floor" or step is last)


def may_name(text: str, wording: str, level: str) -> bool:
    """Tell whether a wording of a text may become another name on this level."""
    key = text_key(wording)
    fits = SHORTEST_NAME <= len(key) <= LONGEST_NAME and key in text_key(text)
    # A number or a letter alone names nothing: what it is a number of belongs to it.
    has_name = any("一" <= c <= "鿿" and c not in "号幢栋楼座单元室弄" for c in key)
    return level in NAMED_LEVELS and fits and has_name and ";" not in key


def propose_namings(
    text: str, spans: Sequence[Span], reasons: Sequence[str], path: Sequence[Step]
) -> list[Naming]:
    """Propose which wordings of a text stand for the chosen address or one above it."""
    by_level = {step.level: (i, step) for i, step in enumerate(path)}
    names = {step.level: step.name for step in path}
    wordings = _wordings(text, spans, names) | _unread_names(reasons, by_level)
    found = []
    for level in NAMED_LEVELS:
        i, step = by_level.get(level, (0, None))
        wording = wordings.get(level, "").strip()
        if step is None or not may_name(text, wording, level):
            continue
        known = {text_key(step.name), text_key(standard_wording(path[: i + 1]))}
        if text_key(wording) not in known:
            found.append(Naming(wording, step.address_id))
    return found


def _wordings(text: str, spans: Sequence[Span], names: Mapping[str, str]) -> dict[str, str]:
    """Cut the wording of each level from a text, with what it must be named with.

    A number that is the address's own needs no other name: what it belongs to does.
    """
    at = {span.kind: span for span in spans}
    cut = {kind: text[at[kind].start : at[kind].end] for kind in SITES if kind in at}
    for kind, before in (("number", "road"), ("building", "estate"), ("building", "road")):
        first, last = at.get(before), at.get(kind)
        own = text_key(text[last.start : last.end]) if last else ""
        is_other = not text_key(names.get(kind, "")).startswith(own)
        if first and last and is_other and first.start < last.start:
            cut.setdefault(kind, text[first.start : last.end])
    return cut


def _unread_names(
    reasons: Sequence[str], by_level: Mapping[str, tuple[int, Step]]
) -> dict[str, str]:
    """Take as a name what the engine could not read, or took for a misspelling."""
    found = {}
    for reason in reasons:
        code, _colon, what = reason.partition(":")
        if code in LIKENESSES:
            wording, _equals, names = what.partition("=")
            for level in SITES:
                if level in by_level and by_level[level][1].name in names.split("|"):
                    found[level] = wording
        elif code in UNREAD:
            level = "estate" if "estate" in by_level else "road"
            found.setdefault(level, what)
    return found
