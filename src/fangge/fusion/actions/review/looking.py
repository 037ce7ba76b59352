"""A pair as a person looks at it: side by side, masked until a purpose opens it, and why."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import polars as pl
from django.db import transaction

from fangge.fusion.actions.contracts import contract_of
from fangge.fusion.actions.review.decide import weigh
from fangge.fusion.adapters.parts import (
    fields_of,
    levels_of,
    parameters_of,
    parts_from,
    read_rows,
    speaker_of,
)
from fangge.fusion.models.run import Pair
from fangge.fusion.models.source import SourceRecord
from fangge.fusion.queries.pairs import entries_of, get_pair
from fangge.fusion.rules.contracts import Contract
from fangge.fusion.rules.marking import Mark, as_marks, mark_differences
from fangge.kernel.actor import Actor
from fangge.registers.actions.looks import keep_looks
from fangge.registers.actions.opening import open_resident
from fangge.registers.queries.labels import (
    EntryLabel,
    is_masked,
    label_entries,
    mask_field,
    opened_by,
)
from fangge.registers.queries.matters import matter_for

MASKED_FACTS = (
    "name_masked",
    "sex_masked",
    "birth_on_masked",
    "identifier_masked",
    "phone_masked",
    "addresses",
)


@dataclass(frozen=True, slots=True)
class Side:
    """One record part of a pair, and the entry it speaks of."""

    record: SourceRecord
    contract: Contract
    part: str
    said_on: date | None
    entry: EntryLabel | None


@dataclass(frozen=True, slots=True)
class Line:
    """A field of both sides: marks, agreement level, and what it adds in bits."""

    field: str
    left: list[Mark]
    right: list[Mark]
    level: int | None
    n_levels: int
    bits: float
    is_masked: bool
    was: int | None = None  # the level when it was decided before
    has_changed: bool = False

    @property
    def is_equal(self) -> bool:
        return self.level is not None and self.level == self.n_levels - 1


@dataclass(frozen=True, slots=True)
class Sheet:
    """Everything the desk shows of a pair."""

    pair: Pair
    left: Side
    right: Side
    lines: list[Line]
    prior_bits: float
    weight_bits: float
    review_from_bits: float
    link_from_bits: float
    purpose: str
    opened: frozenset[str] = field(default_factory=frozenset)


@transaction.atomic
def look_at_pair(*, actor: Actor, pair_id: int, purpose: str = "", now: datetime) -> Sheet:
    """Show a pair side by side; with a purpose its fields are opened, and each look is logged."""
    pair = get_pair(actor=actor, pair_id=pair_id)
    opened: frozenset[str] = frozenset()
    entry_ids = [entry for entry in entries_of(pair) if entry is not None]
    if purpose and pair.kind == "resident":
        for entry in dict.fromkeys(entry_ids):
            open_resident(
                actor=actor,
                resident_id=entry,
                purpose=purpose,
                matter=matter_for(purpose, f"pair:{pair.pk}"),
                now=now,
            )
        opened = opened_by(purpose)
    elif pair.kind == "resident":
        keep_looks(
            actor=actor,
            verb="pairs.see",
            resident_ids=entry_ids,
            fields=MASKED_FACTS,
            object_reference=f"pair:{pair.pk}",
            now=now,
        )
    return _draw_up(pair, label_entries(pair.kind, entry_ids), purpose, opened)


def _draw_up(
    pair: Pair, labels: Mapping[int, EntryLabel], purpose: str, opened: frozenset[str]
) -> Sheet:
    named = pl.DataFrame(
        {
            "left": [pair.left_id],
            "left_part": [pair.left_part],
            "right": [pair.right_id],
            "right_part": [pair.right_part],
        }
    )
    weighed = weigh(named, kind=pair.kind)
    levels = levels_of(weighed, kind=pair.kind)[0]
    sides = [
        _values(pair.kind, record, part)
        for record, part in ((pair.left, pair.left_part), (pair.right, pair.right_part))
    ]
    parameters = parameters_of(pair.kind)
    n_levels = {one.name: len(one.m) for one in parameters.fields}
    lines = [
        _line(
            pair,
            name,
            (sides[0].get(name), sides[1].get(name)),
            (levels[name], n_levels[name], float(weighed[f"{name}_bits"][0])),
            opened,
        )
        for name in fields_of(pair.kind)
        if name in levels
    ]
    entries = entries_of(pair)
    return Sheet(
        pair=pair,
        left=_side(pair.left, pair.left_part, sides[0], labels.get(entries[0] or 0)),
        right=_side(pair.right, pair.right_part, sides[1], labels.get(entries[1] or 0)),
        lines=lines,
        prior_bits=float(weighed["prior"][0]),
        weight_bits=float(weighed["weight"][0]),
        review_from_bits=parameters.review_from_bits,
        link_from_bits=parameters.link_from_bits,
        purpose=purpose,
        opened=opened,
    )


def _values(kind: str, record: SourceRecord, part: str) -> dict[str, Any]:
    """Give what a record part says of each field; of an address its full name."""
    rows = read_rows([record.pk])
    member = pl.DataFrame({"record_id": [record.pk], "part": [part]})
    values = parts_from(rows, member, kind=kind).row(0, named=True)
    place = speaker_of(kind, record.source.code, part).place
    values["address_code"] = rows[record.source.code].row(0, named=True).get(place)
    return values


def _line(
    pair: Pair,
    name: str,
    values: tuple[Any, Any],
    evidence: tuple[int | None, int, float],
    opened: frozenset[str],
) -> Line:
    texts = ["" if value is None else str(value) for value in values]
    hidden = is_masked(pair.kind, name) and name not in opened
    shown = [mask_field(pair.kind, name, text) if hidden and text else text for text in texts]
    marks = mark_differences(*texts) if all(texts) else ([False] * len(texts[0]),) * 2
    level, n_levels, bits = evidence
    then, _ = pair.changed.get(name, [None, None])
    return Line(
        field=name,
        left=as_marks(shown[0], marks[0]),
        right=as_marks(shown[1], marks[1]),
        level=level,
        n_levels=n_levels,
        bits=bits,
        is_masked=hidden,
        was=then,
        has_changed=name in pair.changed,
    )


def _side(
    record: SourceRecord, part: str, values: Mapping[str, Any], entry: EntryLabel | None
) -> Side:
    said_on = values.get("updated_on")
    return Side(
        record=record,
        contract=contract_of(record.source),
        part=part,
        said_on=said_on if isinstance(said_on, date) else None,
        entry=entry,
    )
