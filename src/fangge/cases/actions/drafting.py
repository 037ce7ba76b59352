"""Draft another version of the table of states, and let somebody else publish it."""

import copy
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from fangge.audit.actions import record_act
from fangge.cases.models.lifecycle import LifecycleDraft, LifecycleVersion
from fangge.cases.rules.checking import Fault, check_lifecycle
from fangge.cases.rules.lifecycle import Lifecycle, read_lifecycle
from fangge.kernel.actor import Actor
from fangge.kernel.errors import Conflict, Invalid, Missing, Refused

NAME = re.compile(r"[a-z][a-z_]{0,23}")
SECTIONS = ("moves", "clocks", "asks", "ladder")


class DraftUnknown(Missing):
    """Nobody works on a draft now."""


class DraftChangedMeanwhile(Conflict):
    """Somebody changed the draft since the page was shown."""


class RowUnfit(Invalid):
    """A row is not of the form that the table has."""


class TableFaulty(Invalid):
    """The table would lose cases; the page says where."""


class OwnDraft(Refused):
    """Who changed a draft does not publish it."""


def newest_version() -> LifecycleVersion:
    """Give the version that new cases begin with."""
    return LifecycleVersion.objects.latest("number")


def open_draft() -> LifecycleDraft | None:
    """Give the draft that is worked on, or None."""
    return LifecycleDraft.objects.filter(ended_at=None).select_related("based_on").first()


def faults_of(table: Mapping[str, Any]) -> tuple[Lifecycle, list[Fault]]:
    """Read a table and give every reason why it cannot hold. Raises `RowUnfit`."""
    try:
        lifecycle = read_lifecycle(table)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise RowUnfit(f"The row cannot be read: {error}") from error
    names = {*lifecycle.states, *(move.verb for move in lifecycle.moves)}
    if not all(NAME.fullmatch(name) for name in names):
        raise RowUnfit("A state or a verb is named by small letters and _, at most 24.")
    return lifecycle, check_lifecycle(lifecycle)


@transaction.atomic
def begin_draft(*, actor: Actor, now: datetime) -> LifecycleDraft:
    """Begin a draft from the newest version; who begins when one is open gets that one."""
    actor.require("lifecycle.edit")
    newest = LifecycleVersion.objects.select_for_update().latest("number")
    held = open_draft()
    if held is not None:
        return held
    return LifecycleDraft.objects.create(
        table=newest.table, based_on=newest, made_by=actor.reference, made_at=now
    )


@transaction.atomic
def change_row(
    *,
    actor: Actor,
    section: str,
    place: int | None,
    row: Mapping[str, Any] | None,
    seen: int,
    now: datetime,
) -> LifecycleDraft:
    """Write a row of the draft, add one where `place` is None, or drop it where `row` is None.

    Raises `DraftUnknown`, `DraftChangedMeanwhile`, `RowUnfit`.
    """
    actor.require("lifecycle.edit")
    draft = _lock_draft(seen)
    table = copy.deepcopy(draft.table)
    if section not in SECTIONS:
        raise RowUnfit(f"A table has no part {section}.")
    rows = table.setdefault(section, [])
    if place is not None and not 0 <= place < len(rows):
        raise RowUnfit("There is no such row.")
    if place is None:
        rows.append(dict(row or {}))
    elif row is None:
        del rows[place]
    else:
        rows[place] = dict(row)
    faults_of(table)
    draft.table = table
    draft.n_changes += 1
    draft.editors = sorted({*draft.editors, actor.reference})
    draft.save()
    _record(actor, "lifecycle.edit", f"draft:{draft.pk}", section, now)
    return draft


@transaction.atomic
def discard_draft(*, actor: Actor, seen: int, now: datetime) -> None:
    """End a draft without publishing it."""
    actor.require("lifecycle.edit")
    draft = _lock_draft(seen)
    draft.ended_at = now
    draft.save()
    _record(actor, "lifecycle.discard", f"draft:{draft.pk}", "", now)


@transaction.atomic
def publish_draft(*, actor: Actor, reason: str, seen: int, now: datetime) -> LifecycleVersion:
    """Publish a draft as the next version: new cases begin with it, running ones keep theirs.

    Raises `OwnDraft`, `TableFaulty`, `DraftChangedMeanwhile`.
    """
    actor.require("lifecycle.publish")
    draft = _lock_draft(seen)
    if actor.reference in {draft.made_by, *draft.editors}:
        raise OwnDraft("You worked on this draft: somebody else publishes it.")
    if not reason.strip():
        raise RowUnfit("Say why the table is changed.")
    if faults_of(draft.table)[1]:
        raise TableFaulty("The table would lose cases: mend what the page names first.")
    version = LifecycleVersion.objects.create(
        number=newest_version().number + 1,
        table=draft.table,
        published_at=now,
        published_by=actor.reference,
        reason=reason.strip()[:200],
    )
    draft.ended_at, draft.published_as = now, version
    draft.save()
    _record(actor, "lifecycle.publish", str(version.number), reason.strip()[:200], now)
    return version


def _lock_draft(seen: int) -> LifecycleDraft:
    draft = LifecycleDraft.objects.select_for_update().filter(ended_at=None).first()
    if draft is None:
        raise DraftUnknown("Nobody works on a draft now.")
    if draft.n_changes != seen:
        raise DraftChangedMeanwhile("Somebody changed the draft while you read: look again.")
    return draft


def _record(actor: Actor, verb: str, subject: str, reason: str, now: datetime) -> None:
    record_act(
        actor=actor,
        verb=verb,
        subject_kind="lifecycle",
        subject_id=subject,
        reason=reason,
        now=now,
    )
