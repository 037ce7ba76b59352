"""What may be the same as a case: near in place and time, and alike in kind."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import cos, hypot, radians

from django.db.models import Q

from fangge.cases.models.case import Case
from fangge.cases.queries.visible import cases_visible_to
from fangge.kernel.actor import Actor
from fangge.kernel.fields import Point

NEAR_M = 120.0
SINCE = timedelta(days=30)
MOST = 5
METRES_A_DEGREE = 111_320.0


@dataclass(frozen=True, slots=True)
class Neighbour:
    """An open case that may be the same, and how far it is."""

    case: Case
    distance_m: int | None


def find_nearby(
    *,
    actor: Actor,
    category: str,
    place: str = "",
    point: Point | None = None,
    besides: int = 0,
    now: datetime,
) -> list[Neighbour]:
    """Give open cases of the same category close by or at the same place, the nearest first."""
    if not category or not (place.strip() or point):
        return []
    here = Q(place=place.strip()) if place.strip() else Q(pk=None)
    if point is not None:
        here |= Q(point__isnull=False)
    found = (
        cases_visible_to(actor, now=now)
        .filter(here, category=category, is_open=True, joined_to=None, reported_at__gte=now - SINCE)
        .exclude(pk=besides)
        .select_related("desk")
    )
    near = [Neighbour(case, _distance(point, case.point)) for case in found[:200]]
    near = [
        one
        for one in near
        if (place.strip() and one.case.place == place.strip())
        or (one.distance_m is not None and one.distance_m <= NEAR_M)
    ]
    return sorted(near, key=lambda one: (one.distance_m or 0, one.case.pk))[:MOST]


def _distance(here: Point | None, there: Point | None) -> int | None:
    if here is None or there is None:
        return None
    east = (there.lon - here.lon) * cos(radians(here.lat))
    return round(hypot(east, there.lat - here.lat) * METRES_A_DEGREE)
