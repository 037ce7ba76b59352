"""Entries that are joined or parted by a person, a few at a time: new ones, leads, occupancies."""

from collections.abc import Sequence
from datetime import datetime

import polars as pl
from django.db import connection, transaction
from django.db.models import Q

from fangge.kernel.actor import Actor
from fangge.kernel.bulk import next_ids
from fangge.registers.actions.occupancies import KEY, SAID, write_occupancies
from fangge.registers.models.change import EntryKind
from fangge.registers.models.lead import EntryLead
from fangge.registers.models.occupancy import Occupancy

REGISTERS = {
    EntryKind.RESIDENT: "registers_resident",
    EntryKind.ORGANISATION: "registers_organisation",
    EntryKind.DWELLING: "registers_dwelling",
}


def reserve_entry(*, actor: Actor, kind: str) -> int:
    """Take the number of an entry that is about to be registered."""
    actor.require(f"{kind}s.register")
    with connection.cursor() as cursor:
        return next_ids(cursor, f"{REGISTERS[EntryKind(kind)]}_id_seq", n_ids=1)[0]


@transaction.atomic
def lead_entry(
    *, actor: Actor, kind: str, entry_id: int, leads_to_id: int, now: datetime
) -> EntryLead:
    """Let an entry that holds no record any more lead to the one that took them."""
    actor.require(f"{kind}s.register")
    stop_leading(actor=actor, kind=kind, entry_id=entry_id, now=now)
    return EntryLead.objects.create(
        kind=kind,
        entry_id=entry_id,
        leads_to_id=leads_to_id,
        starts_at=now,
        started_by=actor.reference,
    )


@transaction.atomic
def stop_leading(*, actor: Actor, kind: str, entry_id: int, now: datetime) -> None:
    """Let an entry stand for itself again; where it led stays known."""
    actor.require(f"{kind}s.register")
    EntryLead.objects.filter(kind=kind, entry_id=entry_id, ends_at=None).update(
        ends_at=now, ended_by=actor.reference
    )


@transaction.atomic
def rewrite_occupancies(
    *, actor: Actor, kind: str, holder_ids: Sequence[int], occupancies: pl.DataFrame, now: datetime
) -> None:
    """Bring a few holders' occupancies to what their records say, as in `write_occupancies`.

    What these records never said of a holder is left with a period that ends as it begins, so
    that it holds on no day; nothing is removed.
    """
    holder = f"{kind}_id"
    keys = ["kind", holder, "address_id", "turn"]
    held = Occupancy.objects.filter(Q(**{f"{holder}__in": list(holder_ids)})).order_by("id")
    rows = list(held.values(*KEY, *SAID))
    known = pl.DataFrame(rows, schema=occupancies.schema, orient="row")
    never = pl.coalesce("starts_on", pl.lit(now.date()))
    unsaid = known.join(occupancies, on=keys, how="anti").with_columns(
        starts_on=never, ends_on=never
    )
    write_occupancies(
        actor=actor,
        occupancies=pl.concat([occupancies, unsaid]),
        ended=occupancies.select(KEY).clear(),
        now=now,
    )
