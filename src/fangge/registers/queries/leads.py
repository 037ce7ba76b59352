"""Which entry speaks for one that was joined to it."""

from django.db.models import QuerySet

from fangge.registers.models.lead import EntryLead

LONGEST_WAY = 50


def _leads() -> QuerySet[EntryLead]:
    return EntryLead.objects.filter(ends_at=None)


def entry_behind(kind: str, entry_id: int) -> int:
    """Give the entry that an entry leads to in the end, which is itself where it leads nowhere."""
    for _ in range(LONGEST_WAY):
        lead = _leads().filter(kind=kind, entry_id=entry_id).first()
        if lead is None:
            break
        entry_id = lead.leads_to_id
    return entry_id


def entries_led_to(kind: str, entry_id: int) -> list[int]:
    """List the entries that were joined to this one and lead to it."""
    led = _leads().filter(kind=kind, leads_to_id=entry_id)
    return list(led.order_by("entry_id").values_list("entry_id", flat=True))
