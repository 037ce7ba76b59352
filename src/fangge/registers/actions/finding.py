"""Find addresses as people type them: by the engine, then by name."""

from fangge.kernel.actor import Actor
from fangge.registers.actions.index import rewrite_text
from fangge.registers.adapters.addresses import IndexMissing, suggest_addresses
from fangge.registers.models.address import Address
from fangge.registers.queries.corrections import current_decisions
from fangge.registers.queries.ghosts import MARK
from fangge.registers.queries.life import todays_addresses
from fangge.registers.queries.search import addresses_by_codes, addresses_named_like
from fangge.registers.rules.corrections import text_key

N_MOST = 10


def find_addresses(*, actor: Actor, text: str) -> list[tuple[Address, tuple[str, ...]]]:
    """Give the addresses a text may mean, best first, each with the reasons."""
    reasons = _decided(text) | _suggested(text)
    found = addresses_by_codes(actor=actor, codes=list(reasons))
    held = {address.pk for address in found}
    more = (
        addresses_named_like(actor=actor, text=text, n_most=N_MOST) if len(found) < N_MOST else []
    )
    found += [address for address in more if address.pk not in held]
    return [(address, reasons.get(address.code, ())) for address in found[:N_MOST]]


def _decided(text: str) -> dict[str, tuple[str, ...]]:
    """Give the address that a person decided this text to mean."""
    return {
        address.code: (f"decided:{number}",)
        for _key, _choice, number, address in current_decisions([text_key(text)])
        if address is not None
    }


def _suggested(text: str) -> dict[str, tuple[str, ...]]:
    """Rank what the engine suggests for the text as the register would write its names."""
    rewritten, names = rewrite_text(text)
    try:
        ranked = suggest_addresses(rewritten, n_most=N_MOST)
    except IndexMissing:
        return {}
    said = tuple(f"also_called:{name}" for name in names)
    ghosts = {c.code.partition(MARK)[0] for c in ranked if MARK in c.code}
    today = {code: address.code for code, address in todays_addresses(ghosts).items()}
    found: dict[str, tuple[str, ...]] = {}
    for candidate in ranked:
        base, mark, _act = candidate.code.partition(MARK)
        code = today.get(base, base) if mark else base
        found.setdefault(code, said + candidate.reasons)
    return found
