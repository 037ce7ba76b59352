"""What the holder of a tracking code sees and does: that is who reported it."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from fangge.audit.actions import record_act
from fangge.cases.actions.reading import follow_case
from fangge.cases.actions.transition import (
    NOTE_COLUMN,
    Doing,
    lifecycle_of,
    move_case,
    standing_of,
)
from fangge.cases.models.case import Case, CaseKind, CaseStep
from fangge.cases.models.rating import CaseRating
from fangge.cases.queries.public import PublicCase, show_publicly
from fangge.cases.queries.ratings import Rateable, rateable_of
from fangge.cases.queries.visible import HOLDER
from fangge.cases.rules.answers import TOLD_TO_REPORTER
from fangge.cases.rules.lifecycle import Part
from fangge.cases.rules.parts import choose_moves
from fangge.cases.rules.publicity import hide_numbers
from fangge.cases.rules.rating import SCORES
from fangge.kernel.actor import Actor
from fangge.kernel.errors import Invalid, Refused
from fangge.kernel.fields import open_vault
from fangge.kernel.wall import beyond_scope

RATING_COLUMN = "cases_caserating.text"
LONGEST_SAID = 1000


class RatingRefused(Refused):
    """The case cannot be rated now, or not any more."""


class RatingUnfit(Invalid):
    """A rating is a score from 1 to 5, and perhaps a few words."""


@dataclass(frozen=True, slots=True)
class PublicStep:
    """A step as its reporter sees it: no name of anybody."""

    at: datetime
    verb: str
    start: str
    end: str
    note: str


@dataclass(frozen=True, slots=True)
class Followed:
    """A case as its reporter sees it; `shown` is the case it was joined to, if it was."""

    number: str
    n_steps: int
    own: PublicCase
    shown: PublicCase
    is_joined: bool
    steps: list[PublicStep]
    verbs: list[str]
    needs_note: frozenset[str]
    rateable: Rateable | None
    rating_text: str


def holder_of(case: Case) -> Actor:
    """Give the actor that the holder of a case's tracking code is."""
    return Actor(f"{HOLDER}{case.number}", "", ("reporter",), frozenset({"cases.see"}))


@beyond_scope()
def open_followed(*, code: str, now: datetime) -> Followed:
    """Give what the holder of a tracking code sees. Raises `CaseUnknown`."""
    case, steps = follow_case(code=code)
    lifecycle = lifecycle_of(case.lifecycle_id)
    standing = standing_of(holder_of(case), case, steps, now=now)
    moves = [
        one.move
        for one in choose_moves(lifecycle, case.state, standing)
        if not one.bar and one.part is Part.REPORTER
    ]
    main = case.joined_to
    (own,) = show_publicly([case])
    shown = show_publicly([main])[0] if main else own
    if main:
        steps = steps + list(main.steps.filter(is_public=True).order_by("place"))
    rateable = rateable_of(case)
    return Followed(
        number=case.number,
        n_steps=case.n_steps,
        own=own,
        shown=shown,
        is_joined=main is not None,
        steps=[_show_step(main or case, one) for one in sorted(steps, key=lambda one: one.at)],
        verbs=[move.verb for move in moves],
        needs_note=frozenset(move.verb for move in moves if move.needs),
        rateable=rateable if rateable and rateable.ends_at > now else None,
        rating_text=_open_text(rateable),
    )


def _show_step(case: Case, step: CaseStep) -> PublicStep:
    is_meant = step.verb in TOLD_TO_REPORTER and case.kind != CaseKind.DISPUTE
    note = ""
    if is_meant and step.note_sealed:
        note = hide_numbers(
            open_vault().open(
                bytes(step.note_sealed), column=NOTE_COLUMN, row=f"{step.case_id}:{step.place}"
            ),
            besides=(case.number,),
        )
    return PublicStep(step.at, step.verb, step.start, step.end, note)


def _open_text(rateable: Rateable | None) -> str:
    return _open_rating(rateable.rating) if rateable and rateable.rating else ""


def _open_rating(rating: CaseRating) -> str:
    if not rating.text_sealed:
        return ""
    row = f"{rating.case_id}:{rating.place}"
    return open_vault().open(bytes(rating.text_sealed), column=RATING_COLUMN, row=row)


@transaction.atomic
@beyond_scope()
def act_on_followed(*, code: str, verb: str, note: str, seen: int | None, now: datetime) -> None:
    """Withdraw, appeal, reopen or remark, as the table of the case lets its reporter.

    Raises `CaseUnknown`, `MoveNotAllowed`, `MoveIncomplete`, `CaseMovedMeanwhile`.
    """
    case, _steps = follow_case(code=code)
    doing = Doing(verb, note=note)
    move_case(actor=holder_of(case), number=case.number, doing=doing, seen=seen, now=now)


@transaction.atomic
@beyond_scope()
def rate_followed(*, code: str, score: int, text: str, now: datetime) -> None:
    """Say how it went, once for each closing; for some days one may think again.

    Raises `CaseUnknown`, `RatingRefused`, `RatingUnfit`.
    """
    case, _steps = follow_case(code=code)
    Case.objects.select_for_update().select_related(None).get(pk=case.pk)
    rateable = rateable_of(case)
    if rateable is None or rateable.ends_at <= now:
        raise RatingRefused("This case cannot be rated, or not any more.")
    if score not in SCORES or len(text) > LONGEST_SAID:
        raise RatingUnfit(f"Choose one of five, and say at most {LONGEST_SAID} characters.")
    said = text.strip()
    place = CaseRating.objects.filter(case=case).count() + 1
    CaseRating.objects.create(
        case=case,
        place=place,
        closing=rateable.closing,
        score=score,
        text_sealed=open_vault().seal(said, column=RATING_COLUMN, row=f"{case.pk}:{place}")
        if said
        else None,
        rated_at=now,
    )
    record_act(
        actor=holder_of(case),
        verb="cases.rate",
        subject_kind="case",
        subject_id=case.number,
        now=now,
    )


def read_rating(case: Case) -> tuple[int, str] | None:
    """Give the rating that stands of a case, with its words, to whoever sees the case."""
    held = CaseRating.objects.filter(case=case).order_by("-pk").first()
    return None if held is None else (held.score, _open_rating(held))
