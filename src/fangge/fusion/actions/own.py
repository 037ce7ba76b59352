"""What sources say of one resident, for that resident: of shared rows only their own part."""

from dataclasses import dataclass
from datetime import date

from fangge.fusion.adapters.engine import number_parts
from fangge.fusion.adapters.parts import fields_of, parts_from, read_rows, speaker_of
from fangge.fusion.models.source import SourceRecord
from fangge.fusion.queries.decisions import parts_of_entries
from fangge.fusion.queries.sources import source_titles
from fangge.kernel.wall import beyond_scope


@dataclass(frozen=True, slots=True)
class OwnRecord:
    """What one row of a source says of the resident."""

    source: str
    part: str
    said_on: date | None
    says: dict[str, str]


@beyond_scope()
def own_records(*, resident_id: int) -> list[OwnRecord]:
    """Give what each record that stands behind a resident's entry says of them."""
    named = parts_of_entries(kind="resident", entry_ids=[resident_id])
    if named.is_empty():
        return []
    ids = named["record_id"].unique().to_list()
    sources = dict(SourceRecord.objects.filter(pk__in=ids).values_list("pk", "source__code"))
    rows = read_rows(ids)
    titles = source_titles()
    found = []
    numbers = number_parts(named["record_id"], named["part"])
    parts = dict(zip(numbers, named.select("record_id", "part").iter_rows(), strict=True))
    for row in parts_from(rows, named, kind="resident").iter_rows(named=True):
        record_id, part = parts[row["record_id"]]
        code = sources[record_id]
        column = speaker_of("resident", code, part).place
        held = rows[code].filter(rows[code]["record_id"] == record_id)
        address = held[column][0] if column in held.columns else None
        values = {name: row.get(name) for name in fields_of("resident")}
        values["address_code"] = address
        said_on = row.get("updated_on")
        found.append(
            OwnRecord(
                source=titles[code],
                part=part,
                said_on=said_on if isinstance(said_on, date) else None,
                says={
                    "addresses" if name == "address_code" else name: str(value)
                    for name, value in values.items()
                    if value is not None
                },
            )
        )
    return found
