"""Who looked at a resident, in plain words, for that resident."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils.translation import gettext as _

from fangge.access.queries import office_of
from fangge.audit.queries import entries_about, entry_about
from fangge.kernel.errors import Missing
from fangge.portal.models.question import LookQuestion
from fangge.portal.queries.wording import (
    say_act,
    say_fields,
    say_object,
    say_post,
    say_purpose,
)
from fangge.registers.queries.own import codes_of_own

if TYPE_CHECKING:
    from fangge.audit.models import Entry
    from fangge.portal.models.code import Visit

PAGE_LOOKS = 30


class LookMissing(Missing):
    """There is no such look at this resident."""


@dataclass(frozen=True, slots=True)
class Look:
    """One entry of the ledger as its resident reads it."""

    entry_id: int
    at: datetime
    act: str
    verb: str
    who: str
    is_own: bool
    is_automatic: bool
    fields: list[str]
    purpose: str
    about: str
    reason: str
    place: int | None
    question_id: int | None

    @property
    def reference(self) -> str:
        return f"L{self.entry_id:07d}"

    @property
    def may_question(self) -> bool:
        return not self.is_own and not self.is_automatic and self.question_id is None


def looks_at(
    visit: "Visit", *, before: int | None = None, n_most: int = PAGE_LOOKS
) -> tuple[list[Look], int | None]:
    """Give who looked at the resident of this visit, newest first, and the next page's key."""
    codes = codes_of_own(visit.resident_id) or [visit.resident_code]
    found = entries_about("resident", codes, before=before, n_most=n_most + 1)
    shown = found[:n_most]
    asked = dict(
        LookQuestion.objects.filter(
            resident_id=visit.resident_id, entry_id__in=[entry.pk for entry in shown]
        ).values_list("entry_id", "pk")
    )
    looks = [tell_look(entry, codes, asked.get(entry.pk)) for entry in shown]
    return looks, shown[-1].pk if len(found) > n_most else None


def look_of(visit: "Visit", *, entry_id: int) -> tuple[Look, "Entry"]:
    """Give one look at the resident of this visit; raise `LookMissing` for anybody else's."""
    codes = codes_of_own(visit.resident_id) or [visit.resident_code]
    entry = entry_about("resident", codes, entry_id=entry_id)
    if entry is None:
        raise LookMissing(f"There is no look {entry_id}.")
    asked = LookQuestion.objects.filter(entry_id=entry.pk).values_list("pk", flat=True).first()
    return tell_look(entry, codes, asked), entry


def tell_look(entry: "Entry", codes: Collection[str], question_id: int | None) -> Look:
    """Say an entry in plain words."""
    is_own = entry.actor in {f"resident:{code}" for code in codes}
    is_automatic = entry.actor.startswith("system:")
    return Look(
        entry_id=entry.pk,
        at=entry.at,
        act=say_act(entry.verb),
        verb=entry.verb,
        who=_("You") if is_own else say_who(entry.actor, at=entry.at),
        is_own=is_own,
        is_automatic=is_automatic,
        fields=say_fields(entry.fields),
        purpose=say_purpose(entry.purpose),
        about=say_object(entry.object_reference),
        reason=entry.reason,
        place=entry.place,
        question_id=question_id,
    )


def say_who(reference: str, *, at: datetime) -> str:
    """Name who looked as policy says: by office and role, by number too, or by name too."""
    if reference.startswith("system:"):
        return _("Automatic processing")
    office = office_of(reference, at=at)
    if office is None:
        return _("Somebody of the staff")
    posts = "、".join(say_post(role, area) for role, area in office.posts)
    if settings.LOOK_NAMES == "name":
        return f"{posts} · {office.name} ({office.number})"
    if settings.LOOK_NAMES == "number":
        return f"{posts} · {office.number}"
    return posts
