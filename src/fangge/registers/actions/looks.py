"""Keep in the ledger whose entries were seen or touched, masked ones too."""

from collections.abc import Collection
from datetime import datetime

from fangge.audit.actions import record_looks
from fangge.kernel.actor import Actor
from fangge.registers.models.resident import Resident

MASKED = ("name_masked",)


def keep_looks(
    *,
    actor: Actor,
    verb: str,
    resident_ids: Collection[int | None],
    fields: Collection[str] = MASKED,
    purpose: str = "",
    object_reference: str = "",
    now: datetime,
) -> None:
    """Append one entry for each of these residents: what was seen or done, and on which object."""
    wanted = {one for one in resident_ids if one is not None}
    if not wanted:
        return
    codes = Resident.objects.filter(pk__in=wanted).order_by("code").values_list("code", flat=True)
    record_looks(
        actor=actor,
        verb=verb,
        subject_kind="resident",
        subject_ids=list(codes),
        fields=sorted(fields),
        purpose=purpose,
        object_reference=object_reference,
        now=now,
    )
