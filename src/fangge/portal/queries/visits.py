"""Whose visit a token opens, and what such a visitor may do: with their own record only."""

from datetime import datetime

from fangge.kernel.actor import Actor
from fangge.kernel.fields import open_vault
from fangge.portal.models.code import Visit
from fangge.portal.rules.columns import TOKEN

__all__ = ["Visit", "visit_of", "visitor_of"]
OWN_VERBS = frozenset({"residents.see", "corrections.ask"})


def visit_of(token: str, *, now: datetime) -> Visit | None:
    """Give the visit under way that this token opened."""
    if not token:
        return None
    hashed = open_vault().hash_text(token, column=TOKEN)
    return Visit.objects.filter(token_hash=hashed, starts_at__lte=now, ends_at__gt=now).first()


def visitor_of(visit: Visit) -> Actor:
    """Give the resident as an actor: every use of it names the resident of the visit."""
    return Actor(
        reference=f"resident:{visit.resident_code}",
        name="",
        roles=("resident",),
        verbs=OWN_VERBS,
    )
