"""Whose visit a token opens, and what such a visitor may do: with their own record only."""

from datetime import datetime

from fangge.kernel.actor import Actor
from fangge.kernel.fields import open_vault
from fangge.kernel.wall import Reach
from fangge.portal.models.code import Visit
from fangge.portal.rules.columns import TOKEN

__all__ = ["Visit", "reach_of_visit", "visit_of", "visitor_of"]
OWN_VERBS = frozenset({"residents.see", "corrections.ask"})


def visit_of(token: str, *, now: datetime) -> Visit | None:
    """Give the visit under way that this token opened."""
    if not token:
        return None
    hashed = open_vault().hash_text(token, column=TOKEN)
    return Visit.objects.filter(token_hash=hashed, starts_at__lte=now, ends_at__gt=now).first()


def reach_of_visit(visit: Visit) -> Reach:
    """Give what the database shows to the resident of a visit: what is their own."""
    return Reach(
        actor=f"resident:{visit.resident_code}", verbs=OWN_VERBS, resident_id=visit.resident_id
    )


def visitor_of(visit: Visit) -> Actor:
    """Give the resident as an actor: every use of it names the resident of the visit."""
    return Actor(
        reference=f"resident:{visit.resident_code}",
        name="",
        roles=("resident",),
        verbs=OWN_VERBS,
    )
