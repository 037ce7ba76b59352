"""Record who did or saw what."""

from collections.abc import Sequence
from datetime import datetime

from fangge.audit.models import Entry
from fangge.kernel.actor import Actor


def record_act(
    *,
    actor: Actor,
    verb: str,
    subject_kind: str,
    subject_id: str,
    now: datetime,
    fields: Sequence[str] = (),
    purpose: str = "",
    reason: str = "",
) -> None:
    """Append an act or a look to the trail, in the caller's transaction."""
    Entry.objects.create(
        at=now,
        actor=actor.reference,
        verb=verb,
        subject_kind=subject_kind,
        subject_id=subject_id,
        fields=list(fields),
        purpose=purpose,
        reason=reason,
    )
