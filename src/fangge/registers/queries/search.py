"""Find by name, code or place; residents are not found by name."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from django.contrib.postgres.search import TrigramWordSimilarity
from django.db.models import Q

from fangge.kernel.actor import Actor
from fangge.registers.models.address import Address
from fangge.registers.models.organisation import Organisation
from fangge.registers.queries.visible import addresses_visible_to, organisations_visible_to

LEAST_LIKE, SHORTEST_LIKE = 0.4, 3
PAGE_ROWS = 50


Row = TypeVar("Row", Address, Organisation)


@dataclass(frozen=True)
class Page(Generic[Row]):
    """One page of a list, and the key of the next."""

    rows: list[Row]
    next_key: int | None


def addresses_by_codes(*, actor: Actor, codes: list[str]) -> list[Address]:
    """Give the addresses of these codes that the actor may see, in this order."""
    found = {
        address.code: address for address in addresses_visible_to(actor).filter(code__in=codes)
    }
    return [found[code] for code in codes if code in found]


def addresses_named_like(*, actor: Actor, text: str, n_most: int) -> list[Address]:
    """Find roads, estates and buildings whose name holds something like the text."""
    sites = addresses_visible_to(actor).filter(
        ends_on=None, level__in=["road", "estate", "number", "building"]
    )
    near = sites.filter(full_name__contains=text).order_by("id")[:n_most]
    return list(near)


def organisations_named_like(*, actor: Actor, text: str, n_most: int) -> list[Organisation]:
    """Find organisations by a part of the name, or by their credit code."""
    firms = organisations_visible_to(actor).select_related("address")
    exact = firms.filter(Q(name__contains=text) | Q(credit_code=text.upper())).order_by("name")
    found = list(exact[:n_most])
    if found or len(text) < SHORTEST_LIKE:
        return found
    like = firms.annotate(like=TrigramWordSimilarity(text, "name")).filter(like__gt=LEAST_LIKE)
    return list(like.order_by("-like", "name")[:n_most])


def list_addresses(*, actor: Actor, text: str, level: str, after: int) -> Page[Address]:
    """List addresses by number, fifty at a time."""
    found = addresses_visible_to(actor).filter(ends_on=None, pk__gt=after).select_related("grid")
    if level:
        found = found.filter(level=level)
    if text:
        found = found.filter(full_name__contains=text)
    rows = list(found.order_by("id")[: PAGE_ROWS + 1])
    return Page(rows[:PAGE_ROWS], rows[PAGE_ROWS - 1].pk if len(rows) > PAGE_ROWS else None)


def list_organisations(*, actor: Actor, text: str, state: str, after: int) -> Page[Organisation]:
    """List organisations by number, fifty at a time."""
    found = organisations_visible_to(actor).filter(pk__gt=after).select_related("address", "grid")
    if state:
        found = found.filter(ends_on__isnull=state == "open")
    if text:
        found = found.filter(name__contains=text)
    rows = list(found.order_by("id")[: PAGE_ROWS + 1])
    return Page(rows[:PAGE_ROWS], rows[PAGE_ROWS - 1].pk if len(rows) > PAGE_ROWS else None)
