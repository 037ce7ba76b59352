"""Answers that are offered, their versions, and their texts filled from a case."""

from collections.abc import Collection

from django.utils import timezone

from fangge.cases.models.answer import AnswerTemplate
from fangge.cases.models.case import Case, CaseKind
from fangge.cases.queries.public import show_publicly
from fangge.cases.rules.answers import (
    TOLD_TO_REPORTER,
    Answer,
    fill_answer,
    fits_case,
    shipped_answers,
)
from fangge.cases.rules.catalogue import Category, shipped_catalogue
from fangge.kernel.actor import Actor
from fangge.kernel.errors import Missing


class AnswerUnknown(Missing):
    """There is no such answer."""


def list_answers(actor: Actor) -> list[Answer]:
    """List the newest version of every answer, as they are offered."""
    actor.require("answers.see")
    return _newest()


def _newest() -> list[Answer]:
    stored = AnswerTemplate.objects.order_by("code", "-version").distinct("code")
    newest = dict(shipped_answers()) | {row.code: _read(row) for row in stored}
    ranked = {verb: n for n, verb in enumerate(TOLD_TO_REPORTER)}
    return sorted(
        newest.values(), key=lambda one: (ranked.get(one.verb, 9), one.category, one.code)
    )


def _read(row: AnswerTemplate) -> Answer:
    return Answer(
        code=row.code,
        title=row.title,
        verb=row.verb,
        category=row.category,
        text=row.text,
        version=row.version,
        is_offered=row.ended_at is None,
    )


def get_answer(*, actor: Actor, code: str) -> Answer:
    """Give the newest version of an answer. Raises `AnswerUnknown`."""
    found = next((one for one in list_answers(actor) if one.code == code), None)
    if found is None:
        raise AnswerUnknown(f"There is no answer {code}.")
    return found


def versions_of(*, actor: Actor, code: str) -> list[AnswerTemplate]:
    """List the versions that the office wrote of an answer, the newest first."""
    actor.require("answers.see")
    return list(AnswerTemplate.objects.filter(code=code).order_by("-version"))


def answerable_categories() -> dict[str, Category]:
    """Give the categories that an answer may be of: nothing of a dispute is told on a page."""
    held = shipped_catalogue().categories
    return {code: one for code, one in held.items() if one.kind != CaseKind.DISPUTE}


def offer_answers(case: Case, verbs: Collection[str]) -> dict[str, list[tuple[str, str, str]]]:
    """Give code, title and filled text of the answers that fit a case, by verb.

    Only what everybody may see of the case is filled in: who joined it reads the answer too.
    """
    if case.kind == CaseKind.DISPUTE or not set(verbs) & set(TOLD_TO_REPORTER):
        return {}
    facts = _facts_of(case)
    held = _newest()
    return {
        verb: [
            (one.code, one.title, fill_answer(one.text, facts))
            for one in held
            if fits_case(one, verb=verb, category=case.category)
        ]
        for verb in verbs
        if verb in TOLD_TO_REPORTER
    }


def _facts_of(case: Case) -> dict[str, str]:
    (shown,) = show_publicly([case])
    category = shipped_catalogue().categories.get(shown.category)
    due = timezone.localtime(shown.due_at) if shown.due_at else None
    return {
        "number": shown.number,
        "category": category.name if category else "",
        "place": shown.place,
        "due": f"{due.month}月{due.day}日" if due else "",
        "desk": shown.office,
    }
