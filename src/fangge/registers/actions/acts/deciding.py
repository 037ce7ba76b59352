"""A steward decides on an address: rename, renumber, split, merge, move, retire, and undo."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db import OperationalError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from fangge.audit.actions import record_act
from fangge.kernel import bus
from fangge.kernel.actor import Actor
from fangge.kernel.errors import Conflict, FanggeError, Missing
from fangge.kernel.wall import beyond_scope
from fangge.registers.actions.acts.carrying import ActRefused, carry_out, check_act
from fangge.registers.actions.index import refresh_index
from fangge.registers.events import AddressesChanged
from fangge.registers.models.act import ActKind, AddressAct
from fangge.registers.models.address import Address
from fangge.registers.queries.life import get_life
from fangge.registers.queries.visible import EntryMissing, addresses_visible_to

LINK_LOCK = 7_306_101  # the link run holds it while it writes the registers
LONGEST_WAIT = "10s"


class RegistersBusy(Conflict):
    """A link run is writing the registers."""


class ActMissing(Missing):
    """There is no such act."""


class ActUndone(Conflict):
    """Somebody undid this act, or built on it."""


@transaction.atomic
def rename_address(
    *, actor: Actor, address_id: int, name: str, effective_on: date, reason: str, now: datetime
) -> AddressAct:
    """Give a road or an estate a new name; the old one leads to it still."""
    details = {"name": name.strip()}
    return _decide(
        ActKind.RENAME, details, actor=actor, address_id=address_id, effective_on=effective_on,
        reason=reason, now=now,
    )  # fmt: skip


@transaction.atomic
def renumber_address(
    *, actor: Actor, address_id: int, name: str, effective_on: date, reason: str, now: datetime
) -> AddressAct:
    """Give a house, building, unit or room a new number; the old one leads to it still."""
    details = {"name": name.strip()}
    return _decide(
        ActKind.RENUMBER, details, actor=actor, address_id=address_id, effective_on=effective_on,
        reason=reason, now=now,
    )  # fmt: skip


@transaction.atomic
def split_address(
    *,
    actor: Actor,
    address_id: int,
    parts: Sequence[str],
    placing: Mapping[int, int],
    effective_on: date,
    reason: str,
    now: datetime,
) -> AddressAct:
    """End an address and let parts of the same level take its place.

    `placing` says into which part, counted from 0, each address below goes; the others go into
    the first.
    """
    details = _parts(parts, placing, is_below=False)
    return _decide(
        ActKind.SPLIT, details, actor=actor, address_id=address_id, effective_on=effective_on,
        reason=reason, now=now,
    )  # fmt: skip


@transaction.atomic
def divide_address(
    *,
    actor: Actor,
    address_id: int,
    parts: Sequence[str],
    placing: Mapping[int, int],
    effective_on: date,
    reason: str,
    now: datetime,
) -> AddressAct:
    """Divide a building into units; it stays, and what stood below it goes into them."""
    details = _parts(parts, placing, is_below=True)
    return _decide(
        ActKind.SPLIT, details, actor=actor, address_id=address_id, effective_on=effective_on,
        reason=reason, now=now,
    )  # fmt: skip


@transaction.atomic
def merge_address(
    *, actor: Actor, address_id: int, into_code: str, effective_on: date, reason: str, now: datetime
) -> AddressAct:
    """End an address and let another take its place, with all that stood below it."""
    details = {"into": get_life(actor=actor, code=into_code).address.pk}
    return _decide(
        ActKind.MERGE, details, actor=actor, address_id=address_id, effective_on=effective_on,
        reason=reason, now=now,
    )  # fmt: skip


@transaction.atomic
def move_address(
    *,
    actor: Actor,
    address_id: int,
    parent_code: str,
    effective_on: date,
    reason: str,
    now: datetime,
) -> AddressAct:
    """Put an address with all below it under another."""
    details = {"parent": get_life(actor=actor, code=parent_code).address.pk}
    return _decide(
        ActKind.MOVE, details, actor=actor, address_id=address_id, effective_on=effective_on,
        reason=reason, now=now,
    )  # fmt: skip


@transaction.atomic
def retire_address(
    *, actor: Actor, address_id: int, effective_on: date, reason: str, now: datetime
) -> AddressAct:
    """End an address with all that stands below it; its code is never given again."""
    return _decide(
        ActKind.RETIRE, {}, actor=actor, address_id=address_id, effective_on=effective_on,
        reason=reason, now=now,
    )  # fmt: skip


@transaction.atomic
@beyond_scope()
def undo_act(*, actor: Actor, act_id: int, reason: str, now: datetime) -> AddressAct:
    """Undo an act, or call off one whose day has not come; what it ended runs on."""
    _hold_registers()
    act = AddressAct.objects.select_for_update().filter(pk=act_id).exclude(kind="undo").first()
    if act is None or not addresses_visible_to(actor).filter(pk=act.address_id).exists():
        raise ActMissing(f"There is no act {act_id}.")
    actor.require("addresses.change")
    if not act.is_current:
        return _undone_by(act, actor)
    _check_last(act)
    undo = AddressAct(
        kind=ActKind.UNDO,
        address=act.address,
        effective_on=timezone.localdate(now),
        reason=reason.strip(),
        decided_at=now,
        decided_by=actor.reference,
        undoes=act,
    )
    undo.save()
    carry_out(undo, now)
    act.is_current = False
    act.save(update_fields=["is_current"])
    _tell(undo, actor=actor, now=now)
    return undo


@transaction.atomic
def apply_due_acts(*, actor: Actor, now: datetime) -> int:
    """Carry out the acts whose day has come; call off what no longer fits, and say why."""
    actor.require("addresses.register")
    due = AddressAct.objects.select_for_update().filter(
        applied_at=None, is_current=True, effective_on__lte=timezone.localdate(now)
    )
    n_applied = 0
    for act in due.exclude(kind=ActKind.UNDO).order_by("effective_on", "id"):
        try:
            with transaction.atomic():
                check_act(act)
                carry_out(act, now)
        except FanggeError as error:
            act.is_current, act.details = False, {**act.details, "fault": str(error)}
            act.save(update_fields=["is_current", "details"])
        else:
            n_applied += 1
    return n_applied


def _parts(parts: Sequence[str], placing: Mapping[int, int], *, is_below: bool) -> dict[str, Any]:
    named = [part.strip() for part in parts if part.strip()]
    known = {str(child): part for child, part in placing.items() if 0 <= part < max(1, len(named))}
    return {"parts": named, "placing": known, "below": is_below}


@beyond_scope()
def _decide(
    kind: ActKind,
    details: dict[str, Any],
    *,
    actor: Actor,
    address_id: int,
    effective_on: date,
    reason: str,
    now: datetime,
) -> AddressAct:
    _hold_registers()
    address = addresses_visible_to(actor).filter(pk=address_id).first()
    if address is None:
        raise EntryMissing(f"There is no address {address_id}.")
    Address.objects.select_for_update().get(pk=address_id)
    actor.require("addresses.change")
    asked = {
        "kind": kind, "address_id": address_id, "effective_on": effective_on, "details": details,
        "decided_by": actor.reference,
    }  # fmt: skip
    if held := AddressAct.objects.filter(is_current=True, **asked).first():
        return held  # the same act of the same person, sent twice
    if not reason.strip():
        raise ActRefused(_("Say why, so that whoever reads it later knows."))
    act = AddressAct(reason=reason.strip(), decided_at=now, **asked)
    check_act(act)
    act.save()
    is_due = effective_on <= timezone.localdate(now)
    if is_due:
        carry_out(act, now)
    _tell(act, actor=actor, now=now)
    return act


def _hold_registers() -> None:
    """Keep the link run out while an act is carried out; wait a little for one that writes."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = %s", [LONGEST_WAIT])
            cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [LINK_LOCK])
            cursor.execute("SET LOCAL lock_timeout = DEFAULT")
    except OperationalError as error:
        raise RegistersBusy(
            _("The registers are being brought up to date. Try again in a minute.")
        ) from error


def _undone_by(act: AddressAct, actor: Actor) -> AddressAct:
    undo = AddressAct.objects.filter(undoes=act).first()
    if undo is not None and undo.decided_by == actor.reference:
        return undo
    raise ActUndone(_("This act holds no longer. Nothing was changed."))


def _check_last(act: AddressAct) -> None:
    """Raise `ActUndone` when a later act changed the same addresses."""
    former = act.former
    touched = {
        act.address_id,
        *map(int, former.get("changed", {})),
        *former.get("ended", []),
        *former.get("created", []),
    }
    later = AddressAct.objects.filter(
        pk__gt=act.pk, is_current=True, applied_at__isnull=False
    ).exclude(kind=ActKind.UNDO)
    on_them = later.filter(address_id__in=touched) | later.filter(
        former__changed__has_any_keys=[str(pk) for pk in touched]
    )
    if on_them.exists():
        raise ActUndone(_("A later act builds on this one. Undo the later one first."))


def _tell(act: AddressAct, *, actor: Actor, now: datetime) -> None:
    record_act(
        actor=actor,
        verb=f"addresses.{act.kind}",
        subject_kind="address",
        subject_id=act.address.code,
        now=now,
        reason=act.reason,
    )
    if act.applied_at is not None:
        bus.publish(AddressesChanged(act_id=act.pk, changed_at=now))
        transaction.on_commit(lambda: refresh_index(act_ids=[act.pk]))
