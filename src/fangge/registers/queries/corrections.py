"""Texts that wait for a person, what was decided on them, and the names in force."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.db.models import F, Q, QuerySet, Value

from fangge.kernel.actor import Actor
from fangge.kernel.errors import Missing
from fangge.kernel.web import read_number
from fangge.registers.models.act import ActKind, AddressAct
from fangge.registers.models.address import Address, AddressAlias, AliasKind
from fangge.registers.models.correction import AddressDecision, Choice, WaitingText
from fangge.registers.queries.life import successors_of
from fangge.registers.rules.corrections import Step, standard_wording, text_key

PAGE_ROWS = 50
MOST_CONTAINING = 5000
STATES = ("waiting", "visit", "absent", "address")
# A batch of texts as small as this asks the database only for what it may need.
FEW_TEXTS = 2000


class TextMissing(Missing):
    """There is no such text, or none in this actor's area."""


@dataclass(frozen=True, slots=True)
class WaitingPage:
    rows: list[WaitingText]
    next_key: str
    n_by_state: dict[str, int]


@dataclass(frozen=True, slots=True)
class Name:
    """A name in force: texts with this wording mean the address of the standard wording."""

    wording: str
    standard: str
    full_name: str
    address_id: int


def waiting_visible_to(actor: Actor) -> QuerySet[WaitingText]:
    actor.require("corrections.see")
    texts = WaitingText.objects.all()
    return texts if actor.grid_ids is None else texts.filter(grid_id__in=actor.grid_ids)


def list_waiting(*, actor: Actor, state: str, text: str, after: str) -> WaitingPage:
    """List texts, those with the most records first, fifty at a time."""
    visible = waiting_visible_to(actor)
    found = _in_state(visible, state)
    if text:
        found = found.filter(text_key__contains=text_key(text))
    if key := _read_key(after):
        n_records, text_id = key
        found = found.filter(Q(n_records__lt=n_records) | Q(n_records=n_records, pk__gt=text_id))
    ordered = found.select_related("settled_by__address").order_by("-n_records", "id")
    rows = list(ordered[: PAGE_ROWS + 1])
    last = rows[PAGE_ROWS - 1] if len(rows) > PAGE_ROWS else None
    return WaitingPage(
        rows=rows[:PAGE_ROWS],
        next_key=f"{last.n_records}.{last.pk}" if last else "",
        n_by_state={one: _in_state(visible, one).count() for one in STATES},
    )


def _in_state(texts: QuerySet[WaitingText], state: str) -> QuerySet[WaitingText]:
    if state in STATES[1:]:
        return texts.filter(settled_by__choice=state)
    return texts.filter(settled_by=None)


def _read_key(after: str) -> tuple[int, int] | None:
    n_records, text_id = (read_number(part) for part in after.partition(".")[::2])
    return None if n_records is None or text_id is None else (n_records, text_id)


def get_waiting(*, actor: Actor, text_id: int) -> WaitingText:
    """Give one text, with what settled it."""
    found = waiting_visible_to(actor).select_related("settled_by__address", "settled_by__alias")
    text = found.filter(pk=text_id).first()
    if text is None:
        raise TextMissing(f"There is no waiting text {text_id}.")
    return text


def next_waiting(*, actor: Actor, text: WaitingText) -> WaitingText | None:
    """Give the text that waits behind this one, or the first that waits."""
    waiting = _in_state(waiting_visible_to(actor), "waiting").exclude(pk=text.pk)
    ordered = waiting.order_by("-n_records", "id")
    behind = Q(n_records__lt=text.n_records) | Q(n_records=text.n_records, pk__gt=text.pk)
    return ordered.filter(behind).first() or ordered.first()


def waiting_with(*, actor: Actor, wording: str) -> list[WaitingText]:
    """Give the waiting texts that say this wording, those with the most records first."""
    waiting = _in_state(waiting_visible_to(actor), "waiting")
    found = waiting.filter(text_key__contains=text_key(wording))
    return list(found.order_by("-n_records", "id")[:MOST_CONTAINING])


def decisions_on(text: WaitingText) -> list[AddressDecision]:
    """Give what was decided on a text, and what settled it with another, newest first."""
    found = AddressDecision.objects.filter(Q(text_key=text.text_key) | Q(pk=text.settled_by_id))
    return list(found.select_related("address", "alias", "withdraws").order_by("-id"))


def path_of(address: Address) -> list[Step]:
    """Give the addresses from the road down to this one."""
    path: list[Step] = []
    at: Address | None = address
    while at is not None:
        path.insert(0, Step(at.pk, at.level, at.name))
        at = at.parent
    return path


def current_decisions(keys: Collection[str]) -> list[tuple[str, str, int, Address | None]]:
    """Give what holds on texts: key, choice, decision and today's address.

    A decision for an address that ended counts for the one that took its place; where none or
    several did, it no longer says anything.
    """
    held = AddressDecision.objects.filter(is_current=True).select_related("address")
    if len(keys) <= FEW_TEXTS:
        held = held.filter(text_key__in=keys)
    decisions = list(held)
    ended = {one.address_id for one in decisions if one.address and one.address.ends_on}
    leads = successors_of([pk for pk in ended if pk is not None])
    only = {old: next(iter(new)) for old, new in leads.items() if len(new) == 1}
    today = Address.objects.in_bulk(list(only.values()))
    found: list[tuple[str, str, int, Address | None]] = []
    for one in decisions:
        address = one.address
        if address is not None and address.ends_on:
            address = today.get(only.get(address.pk, 0))
        if address is not None or one.choice != Choice.ADDRESS:
            found.append((one.text_key, one.choice, one.pk, address))
    return found


def current_names(texts: Sequence[str]) -> list[Name]:
    """Give the decided and former names that may stand in these texts, longest first.

    A name that several addresses bear is left out: nothing is guessed.
    """
    held = AddressAlias.objects.filter(
        is_current=True,
        kind__in=[AliasKind.DECIDED, AliasKind.FORMER],
        address__ends_on=None,
    )
    if len(texts) <= FEW_TEXTS:
        held = held.alias(said=Value("\n".join(texts))).filter(said__contains=F("name"))
    by_name: dict[str, list[AddressAlias]] = {}
    for alias in held.select_related("address__parent__parent__parent__parent"):
        by_name.setdefault(alias.name, []).append(alias)
    names = [
        _as_name(aliases[0])
        for aliases in by_name.values()
        if len({alias.address_id for alias in aliases}) == 1
    ]
    return sorted(names, key=lambda name: -len(name.wording))


def _as_name(alias: AddressAlias) -> Name:
    return Name(
        wording=alias.name,
        standard=standard_wording(path_of(alias.address)),
        full_name=alias.address.full_name,
        address_id=alias.address_id,
    )


def ended_wordings() -> list[str]:
    """Give how texts name what was retired with nothing in its place, and nothing like it there."""
    retired = AddressAct.objects.filter(
        kind=ActKind.RETIRE, is_current=True, address__ends_on__isnull=False
    ).select_related("address__parent__parent__parent__parent")
    found = []
    for act in retired:
        address, path = act.address, path_of(act.address)
        again = Address.objects.filter(full_name=address.full_name, ends_on=None)
        if not again.exists() and not bearers_of(standard_wording(path), other_than=address.pk):
            found.append(text_key(standard_wording(path)))
    return found


def bearers_of(name: str, *, other_than: int) -> list[Address]:
    """Give the standing roads, estates and buildings that already bear this name."""
    own = Q(name=name) | Q(
        pk__in=AddressAlias.objects.filter(name=name, is_current=True).values("address_id")
    )
    found = Address.objects.filter(own, ends_on=None).exclude(pk=other_than)
    return list(found.filter(level__in=["road", "estate", "building"])[:3])


def text_of_decision(*, actor: Actor, decision_id: int) -> WaitingText:
    """Give the text that a decision is on."""
    key = AddressDecision.objects.filter(pk=decision_id).values("text_key")
    text = waiting_visible_to(actor).filter(text_key__in=key).first()
    if text is None:
        raise TextMissing(f"There is no decision {decision_id}.")
    return text
