"""What may be the same as a case: near and of its category, or told in like words close by."""

from datetime import datetime

from django.db.models import Q

from fangge.cases.actions.report import TOLD_COLUMN
from fangge.cases.models.case import Case
from fangge.cases.queries.nearby import MOST, SINCE, Neighbour, find_nearby
from fangge.cases.queries.visible import cases_visible_to
from fangge.cases.rules.words import likeness
from fangge.kernel.actor import Actor
from fangge.kernel.fields import open_vault

ALIKE = 0.45
"""From here on two texts may mean the same: the share of pairs of characters in both."""
MOST_READ = 100


def find_alike(*, actor: Actor, case: Case, told: str, now: datetime) -> list[Neighbour]:
    """Give open cases of the same grid or place that were told in like words, the likest first.

    Their words are compared, and shown to nobody.
    """
    here = Q(pk=None)
    if case.place:
        here |= Q(place=case.place)
    if case.grid_id is not None:
        here |= Q(grid_id=case.grid_id)
    found = cases_visible_to(actor, now=now).filter(
        here, is_open=True, joined_to=None, reported_at__gte=now - SINCE, told_sealed__isnull=False
    )
    vault = open_vault()
    ranked = []
    for one in found.exclude(pk=case.pk).select_related("desk").order_by("-pk")[:MOST_READ]:
        words = vault.open(bytes(one.told_sealed or b""), column=TOLD_COLUMN, row=one.number)
        like = likeness(told, words)
        if like >= ALIKE:
            ranked.append((like, one))
    ranked.sort(key=lambda held: (-held[0], held[1].pk))
    return [Neighbour(one, None) for _like, one in ranked[:MOST]]


def find_same(*, actor: Actor, case: Case, told: str, now: datetime) -> list[Neighbour]:
    """Give what may be the same: near and of its category, then told in like words close by."""
    near = find_nearby(
        actor=actor,
        category=case.category,
        place=case.place,
        point=case.point,
        besides=case.pk,
        now=now,
    )
    held = {one.case.pk for one in near}
    alike = find_alike(actor=actor, case=case, told=told, now=now)
    return near + [one for one in alike if one.case.pk not in held]
