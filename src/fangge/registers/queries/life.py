"""The life of an address: its names with their periods, its acts, and where it leads today."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q
from django.utils import timezone

from fangge.kernel.actor import Actor
from fangge.registers.models.act import AddressAct, AddressSuccession
from fangge.registers.models.address import Address, AddressAlias, AliasKind
from fangge.registers.queries.asof import AsOf, in_force
from fangge.registers.queries.visible import EntryMissing, addresses_visible_to

MOST_STEPS = 50


@dataclass(frozen=True, slots=True)
class AddressLife:
    address: Address
    successors: list[Address]
    predecessors: list[Address]
    aliases: list[AddressAlias]
    acts: list[AddressAct]


def get_life(*, actor: Actor, code: str) -> AddressLife:
    """Give an address by its code, whether it stands or ended, and where it leads today."""
    address = addresses_visible_to(actor).select_related("parent").filter(code=code).first()
    if address is None:
        raise EntryMissing(f"There is no address {code}.")
    return life_of(actor=actor, address=address)


def life_of(*, actor: Actor, address: Address) -> AddressLife:
    """Give the names, acts and successors of an address."""
    successors = successors_of([address.pk]).get(address.pk, frozenset())
    return AddressLife(
        address=address,
        successors=list(addresses_visible_to(actor).filter(pk__in=successors).order_by("id")),
        predecessors=list(
            addresses_visible_to(actor)
            .filter(successions__successor=address, successions__is_current=True)
            .order_by("id")
        ),
        aliases=list(
            address.aliases.filter(is_current=True)
            .filter(Q(ends_on=None) | Q(kind=AliasKind.FORMER))
            .order_by("starts_on", "id")
        ),
        acts=list(address.acts.select_related("undone_by").order_by("-effective_on", "-id")),
    )


def successors_of(address_ids: Collection[int]) -> dict[int, frozenset[int]]:
    """Give the standing addresses that those which ended lead to today; none for the others."""
    links: dict[int, set[int]] = {}
    wanted, standing = set(address_ids), set[int]()
    for _step in range(MOST_STEPS):
        fresh = AddressSuccession.objects.filter(
            is_current=True, address_id__in=wanted
        ).values_list("address_id", "successor_id", "successor__ends_on")
        wanted = set()
        for old, new, ends_on in fresh:
            links.setdefault(old, set()).add(new)
            if ends_on is None:
                standing.add(new)
            elif new not in links:
                wanted.add(new)
        if not wanted:
            break
    return {start: _reach(start, links, standing) for start in address_ids if start in links}


def _reach(start: int, links: dict[int, set[int]], standing: set[int]) -> frozenset[int]:
    found, seen, ahead = set[int](), {start}, [start]
    while ahead:
        for new in links.get(ahead.pop(), ()):
            if new in standing:
                found.add(new)
            elif new not in seen:
                seen.add(new)
                ahead.append(new)
    return frozenset(found)


def name_on(*, actor: Actor, code: str, day: date, now: datetime) -> str:
    """Give the full name that an address had on a day, as it is known now.

    Raises `EntryMissing` when it did not stand then, or is not the actor's to see.
    """
    address = addresses_visible_to(actor).filter(code=code).first()
    as_of = AsOf(true_on=day, known_on=timezone.localdate(now))
    held = in_force([address], as_of) if address else []
    if not held:
        raise EntryMissing(f"There was no address {code} on {day}.")
    return held[0].full_name


def touched_by(act_ids: Collection[int]) -> set[int]:
    """Give the addresses that these acts changed, ended or made, and all below them."""
    tops: set[int] = set()
    for act in AddressAct.objects.filter(pk__in=act_ids):
        former = (act.undoes or act).former
        tops |= {act.address_id, *map(int, former.get("changed", {}))}
        tops |= {*former.get("ended", []), *former.get("created", [])}
    found, level = set(tops), tops
    for successor in AddressSuccession.objects.filter(act_id__in=act_ids):
        found.add(successor.successor_id)
    while level:
        below = Address.objects.filter(parent_id__in=level).values_list("pk", flat=True)
        level = set(below) - found
        found |= level
    return found


def count_below(address: Address) -> int:
    """Count the standing addresses below this one."""
    n_below, level = 0, {address.pk}
    while level:
        below = Address.objects.filter(parent_id__in=level, ends_on=None)
        level = set(below.values_list("pk", flat=True))
        n_below += len(level)
    return n_below


def address_by_code(*, actor: Actor, code: str) -> Address:
    """Give the address of a code, standing or ended."""
    return get_life(actor=actor, code=code).address


def has_due_acts(*, now: datetime) -> bool:
    """Tell whether the day of an act has come that was not carried out yet."""
    waiting = AddressAct.objects.filter(applied_at=None, is_current=True)
    return waiting.filter(effective_on__lte=timezone.localdate(now)).exists()


def todays_addresses(codes: Collection[str]) -> dict[str, Address]:
    """Give what each code leads to today: itself while it stands, else the one in its place."""
    held = {address.code: address for address in Address.objects.filter(code__in=codes)}
    ended = [address.pk for address in held.values() if address.ends_on]
    leads = successors_of(ended)
    only = {old: next(iter(new)) for old, new in leads.items() if len(new) == 1}
    today = Address.objects.in_bulk(list(only.values()))
    found: dict[str, Address] = {}
    for code, address in held.items():
        successor = today.get(only.get(address.pk, 0)) if address.ends_on else address
        if successor is not None:
            found[code] = successor
    return found
