"""Why an entry's records are one, and why each of its values won."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import polars as pl
from django.db import transaction

from fangge.fusion.actions.contracts import contract_of
from fangge.fusion.adapters.engine import number_parts
from fangge.fusion.adapters.parts import (
    codes_of,
    fields_of,
    parts_from,
    read_rows,
    span_parts,
    speaker_of,
)
from fangge.fusion.models.source import SourceRecord
from fangge.fusion.queries.decisions import decided_pairs, parts_of_entries
from fangge.fusion.rules.contracts import Contract
from fangge.fusion.rules.linking import PRECEDENCE
from fangge.fusion.rules.marking import Mark, as_marks, mark_differences
from fangge.fusion.rules.survival import Said, name_rule
from fangge.kernel.actor import Actor
from fangge.kernel.errors import Missing
from fangge.registers.actions.looks import keep_looks
from fangge.registers.actions.opening import open_resident
from fangge.registers.queries.labels import (
    EntryLabel,
    is_masked,
    label_entries,
    mask_field,
    opened_by,
)
from fangge.registers.queries.visible import entries_within

LAST = 1_000
MASKED_FACTS = (
    "name_masked",
    "sex_masked",
    "birth_on_masked",
    "identifier_masked",
    "phone_masked",
    "addresses",
)
FROM_IDENTIFIER = frozenset({"birth_on", "sex"})


@dataclass(frozen=True, slots=True)
class Member:
    """A record part that speaks of the entry."""

    number: int
    record: SourceRecord
    contract: Contract
    part: str
    said_on: date | None
    is_alone: bool


@dataclass(frozen=True, slots=True)
class Bond:
    """Why two of the records are one: an identifier, a person, or so many bits."""

    left: Member
    right: Member
    by: str  # identifier, person or score
    bits: float | None


@dataclass(frozen=True, slots=True)
class Told:
    """One value of a field, by which record, and whether it stands in the register."""

    member: Member
    marks: list[Mark]
    is_winner: bool


@dataclass(frozen=True, slots=True)
class FieldStory:
    field: str
    rule: str
    told: list[Told]
    is_masked: bool


@dataclass(frozen=True, slots=True)
class EntryStory:
    kind: str
    label: EntryLabel
    members: list[Member]
    bonds: list[Bond]
    fields: list[FieldStory]
    purpose: str
    opened: frozenset[str] = field(default_factory=frozenset)


@transaction.atomic
def explain_entry(
    *, actor: Actor, kind: str, entry_id: int, purpose: str = "", matter: str = "", now: datetime
) -> EntryStory:
    """Say which records an entry stands on, why they are one, and how each value was chosen.

    Values stay masked until a purpose opens them; each look is logged.
    """
    actor.require("pairs.see")
    if kind not in PRECEDENCE or not entries_within(actor, kind=kind, entry_ids=[entry_id]):
        raise Missing(f"There is no {kind} {entry_id}.")
    opened: frozenset[str] = frozenset()
    if purpose and kind == "resident":
        open_resident(actor=actor, resident_id=entry_id, purpose=purpose, matter=matter, now=now)
        opened = opened_by(purpose)
    elif kind == "resident":
        keep_looks(
            actor=actor,
            verb="pairs.why",
            resident_ids=[entry_id],
            fields=MASKED_FACTS,
            now=now,
        )
    label = label_entries(kind, [entry_id])[entry_id]
    named = parts_of_entries(kind=kind, entry_ids=[entry_id])
    if named.is_empty():
        return EntryStory(kind, label, [], [], [], purpose, opened)
    rows = read_rows(named["record_id"].unique().to_list())
    parts = parts_from(rows, named, kind=kind)
    members = _members(named, parts)
    return EntryStory(
        kind=kind,
        label=label,
        members=list(members.values()),
        bonds=_bonds(parts, members, kind),
        fields=_stories(kind, label, members, _values(kind, rows, parts, members), opened),
        purpose=purpose,
        opened=opened,
    )


def _members(named: pl.DataFrame, parts: pl.DataFrame) -> dict[int, Member]:
    records = {
        record.pk: record
        for record in SourceRecord.objects.select_related("source", "batch").filter(
            pk__in=named["record_id"].to_list()
        )
    }
    said = dict(parts.select("record_id", "updated_on").iter_rows())
    numbers = number_parts(named["record_id"], named["part"])
    members = {}
    for number, record_id, part in zip(numbers, named["record_id"], named["part"], strict=True):
        if number in said:
            record = records[record_id]
            members[number] = Member(
                number=number,
                record=record,
                contract=contract_of(record.source),
                part=part,
                said_on=said[number],
                is_alone=len(said) == 1,
            )
    return members


def _bonds(parts: pl.DataFrame, members: Mapping[int, Member], kind: str) -> list[Bond]:
    if len(members) <= 1:
        return []
    spanning = span_parts(parts, decided_pairs(kind=kind), kind=kind)
    return [
        Bond(members[left], members[right], by, None if by != "score" else bits)
        for left, right, by, bits in spanning.iter_rows()
    ]


def _values(
    kind: str,
    rows: Mapping[str, pl.DataFrame],
    parts: pl.DataFrame,
    members: Mapping[int, Member],
) -> dict[int, dict[str, Any]]:
    """Give what each record says of each field; of an address its full name."""
    values = {row["record_id"]: row for row in parts.iter_rows(named=True)}
    for number, member in members.items():
        code = member.record.source.code
        column = speaker_of(kind, code, member.part).place
        held = rows[code].filter(pl.col("record_id") == member.record.pk)
        values[number]["address_code"] = held[column][0] if column in held.columns else None
    return values


def _stories(
    kind: str,
    label: EntryLabel,
    members: Mapping[int, Member],
    values: Mapping[int, Mapping[str, Any]],
    opened: frozenset[str],
) -> list[FieldStory]:
    precedence = PRECEDENCE[kind]
    has_code = bool(codes_of(values, kind))
    stories = []
    for name in fields_of(kind):
        said = {
            number: str(values[number][name])
            for number in members
            if values[number].get(name) is not None
        }
        if not said:
            continue
        origin = label.origins.get(name)
        winners = {number for number in said if members[number].record.pk == origin}
        spoken = [
            Said(
                text,
                precedence.get(members[number].record.source.code, LAST),
                members[number].said_on,
                number in winners,
            )
            for number, text in said.items()
        ]
        rule = name_rule(
            spoken, is_told_elsewhere=name in FROM_IDENTIFIER and has_code and len(said) > 1
        )
        hidden = is_masked(kind, name) and name not in opened
        best = next((said[number] for number in winners), next(iter(said.values())))
        told = [
            Told(members[number], _marks(kind, name, text, best, hidden=hidden), number in winners)
            for number, text in said.items()
        ]
        # An address is not chosen here: where somebody is follows from the occupancies.
        is_chosen = name != "address_code" or kind != "resident"
        stories.append(FieldStory(name, rule if is_chosen else "", told, hidden))
    return stories


def _marks(kind: str, name: str, text: str, best: str, *, hidden: bool) -> list[Mark]:
    differs, _ = mark_differences(text, best)
    return as_marks(mask_field(kind, name, text) if hidden else text, differs)
