"""Find addresses as people type them: by the engine, then by name."""

from fangge.kernel.actor import Actor
from fangge.registers.adapters.addresses import IndexMissing, suggest_addresses
from fangge.registers.models.address import Address
from fangge.registers.queries.search import addresses_by_codes, addresses_named_like

N_MOST = 10


def find_addresses(*, actor: Actor, text: str) -> list[tuple[Address, tuple[str, ...]]]:
    """Give the addresses a text may mean, best first, each with the reasons."""
    try:
        ranked = suggest_addresses(text, n_most=N_MOST)
    except IndexMissing:
        ranked = []
    reasons = {candidate.code: candidate.reasons for candidate in ranked}
    found = addresses_by_codes(actor=actor, codes=list(reasons))
    held = {address.pk for address in found}
    more = (
        addresses_named_like(actor=actor, text=text, n_most=N_MOST) if len(found) < N_MOST else []
    )
    found += [address for address in more if address.pk not in held]
    return [(address, reasons.get(address.code, ())) for address in found[:N_MOST]]
