"""Offer a steward what a waiting text may mean, and what each choice would settle."""

from dataclasses import dataclass, replace

from fangge.kernel.actor import Actor
from fangge.kernel.errors import FanggeError
from fangge.registers.actions.corrections import check_naming, settled_by_name
from fangge.registers.actions.finding import find_addresses
from fangge.registers.actions.reading import Found, TextMatch, read_with_matches
from fangge.registers.adapters.addresses import ReadText
from fangge.registers.models.address import Address
from fangge.registers.models.correction import AddressDecision, WaitingText
from fangge.registers.queries.corrections import decisions_on, get_waiting, path_of
from fangge.registers.queries.search import addresses_by_codes
from fangge.registers.rules.corrections import Naming, Span, propose_namings

CANDIDATES, SHOWN_TEXTS = 9, 20


@dataclass(frozen=True, slots=True)
class NamingOffer:
    """A name that the decision would give, and which other texts it would settle."""

    naming: Naming
    standard: str
    others: list[WaitingText]
    fault: str = ""

    @property
    def n_others(self) -> int:
        return len(self.others)

    @property
    def shown(self) -> list[WaitingText]:
        return self.others[:SHOWN_TEXTS]


@dataclass(frozen=True, slots=True)
class Offer:
    text: WaitingText
    read: ReadText
    match: TextMatch | None
    candidates: list[Found]
    typed: str
    chosen: Address | None
    path: list[tuple[int, str]]
    namings: list[NamingOffer]
    decisions: list[AddressDecision]


def offer_choices(
    *, actor: Actor, text_id: int, code: str, typed: str, own: Naming | None
) -> Offer:
    """Give a text's candidates; of a chosen one also the names that it could give.

    `typed` finds other addresses than the engine's; `own` is a wording somebody typed.
    """
    text = get_waiting(actor=actor, text_id=text_id)
    read, match = read_with_matches(actor=actor, texts=[text.text], n_most=CANDIDATES)[0]
    found = _others(actor, typed) if typed else []
    candidates = (found + (match.candidates if match else []))[:CANDIDATES]
    chosen = next(iter(addresses_by_codes(actor=actor, codes=[code] if code else [])), None)
    namings = _offer_namings(actor, text, read, chosen, own) if chosen else []
    return Offer(
        text=text,
        read=read,
        match=match,
        candidates=_once(candidates),
        typed=typed,
        chosen=chosen,
        path=[(step.address_id, step.name) for step in path_of(chosen)] if chosen else [],
        namings=namings,
        decisions=decisions_on(text),
    )


def _others(actor: Actor, typed: str) -> list[Found]:
    return [
        Found(address, 0.0, reasons) for address, reasons in find_addresses(actor=actor, text=typed)
    ]


def _once(candidates: list[Found]) -> list[Found]:
    return list({found.address.pk: found for found in reversed(candidates)}.values())[::-1]


def _offer_namings(
    actor: Actor, text: WaitingText, read: ReadText, chosen: Address, own: Naming | None
) -> list[NamingOffer]:
    spans = [Span(element.kind, element.start, element.end) for element in read.elements]
    proposed = propose_namings(text.text, spans, text.reasons, path_of(chosen))
    if own is not None and own not in proposed:
        proposed.insert(0, own)
    return [_offer(actor, text, chosen, naming) for naming in proposed]


def _offer(actor: Actor, text: WaitingText, chosen: Address, naming: Naming) -> NamingOffer:
    names = {step.address_id: step.name for step in path_of(chosen)}
    offer = NamingOffer(naming, names.get(naming.address_id, ""), [])
    try:
        name = check_naming(text=text, address=chosen, naming=naming)
    except FanggeError as error:
        return replace(offer, fault=str(error))
    settled = settled_by_name(actor=actor, name=name)
    return replace(
        offer,
        standard=name.standard,
        others=[other for other in settled if other.pk != text.pk],
    )
