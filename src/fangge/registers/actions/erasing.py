"""Empty residents of what is personal: the code stays, so that what points to it leads nowhere."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Q
from django.db.models.functions import Coalesce

from fangge.kernel.actor import Actor
from fangge.registers.models.change import EntryChange, EntryKind
from fangge.registers.models.lead import EntryLead
from fangge.registers.models.occupancy import Occupancy
from fangge.registers.models.resident import Resident
from fangge.registers.queries.leads import entries_led_to
from fangge.retention.queries.erasers import Eraser


def empty_residents(*, resident_ids: Sequence[int], now: datetime) -> list[int]:
    """Empty these residents and those joined to them, in the caller's transaction."""
    ids = sorted({led for one in resident_ids for led in (one, *entries_led_to("resident", one))})
    held = Occupancy.objects.filter(resident_id__in=ids)
    places = list(held.values_list("pk", flat=True))
    EntryChange.objects.filter(
        Q(kind=EntryKind.RESIDENT, entry_id__in=ids)
        | Q(kind=EntryKind.OCCUPANCY, entry_id__in=places)
    ).delete()
    held.delete()
    EntryLead.objects.filter(
        Q(entry_id__in=ids) | Q(leads_to_id__in=ids), kind=EntryKind.RESIDENT
    ).delete()
    Resident.objects.filter(pk__in=ids).update(
        name="",
        sex="",
        birth_on=None,
        identifier_sealed=None,
        identifier_hash=None,
        phone_sealed=None,
        phone_hash=None,
        starts_on=None,
        ends_on=Coalesce("ends_on", now.date()),
        origins={},
        changed_at=now,
    )
    return ids


def _erase_history(_actor: Actor, ids: Sequence[int], _now: datetime) -> None:
    EntryChange.objects.filter(pk__in=ids).delete()


HISTORY = Eraser(
    kind="resident_history",
    holding=lambda: EntryChange.objects.filter(kind=EntryKind.RESIDENT),
    clock="changed_at",
    born="changed_at",
    erase=_erase_history,
)
