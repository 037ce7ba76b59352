"""A steward decides what an address text means; it takes effect at once and can be taken back."""

from datetime import datetime

import polars as pl
from django.db import transaction
from django.utils.translation import gettext as _

from fangge.audit.actions import record_act
from fangge.kernel import bus
from fangge.kernel.actor import Actor
from fangge.kernel.errors import Conflict, Invalid, Missing
from fangge.registers.actions.index import match_by_names
from fangge.registers.adapters.addresses import current_folder
from fangge.registers.events import AddressesCorrected
from fangge.registers.models.address import Address, AddressAlias, AliasKind
from fangge.registers.models.correction import AddressDecision, Choice, WaitingText
from fangge.registers.queries.corrections import (
    Name,
    bearers_of,
    get_waiting,
    path_of,
    waiting_visible_to,
    waiting_with,
)
from fangge.registers.queries.life import get_life
from fangge.registers.rules.corrections import (
    Naming,
    fold_text,
    may_name,
    standard_wording,
)


class TextDecided(Conflict):
    """Somebody decided on this text in the meantime."""


class AddressEnded(Invalid):
    """The chosen address no longer stands."""


class NameUnfit(Invalid):
    """The wording cannot become another name of this address."""


class NameTaken(Invalid):
    """Another address bears this name already: with it, texts would mean either."""


class DecisionMissing(Missing):
    """There is no such decision."""


@transaction.atomic
def choose_address(
    *,
    actor: Actor,
    text_id: int,
    code: str,
    naming: Naming | None,
    reason: str,
    now: datetime,
) -> AddressDecision:
    """Decide that a text means an address; with a naming, so do other texts with that wording.

    Raises `TextDecided` when somebody was first, `NameUnfit` and `NameTaken` for the naming.
    """
    text = _lock(actor, text_id)
    actor.require("corrections.decide")
    address = _standing(actor, code)
    if held := _already(text, actor, Choice.ADDRESS, address):
        return held
    name = check_naming(text=text, address=address, naming=naming) if naming else None
    others = settled_by_name(actor=actor, name=name) if name else []
    alias = _keep_alias(name, now) if name else None
    decision = _append(text, Choice.ADDRESS, address, alias, actor=actor, reason=reason, now=now)
    WaitingText.objects.filter(pk__in=[other.pk for other in others], settled_by=None).update(
        settled_by=decision
    )
    return decision


@transaction.atomic
def mark_absent(*, actor: Actor, text_id: int, reason: str, now: datetime) -> AddressDecision:
    """Decide that what a text means is not in the register."""
    text = _lock(actor, text_id)
    actor.require("corrections.decide")
    return _already(text, actor, Choice.ABSENT, None) or _append(
        text, Choice.ABSENT, None, None, actor=actor, reason=reason, now=now
    )


@transaction.atomic
def ask_to_look(*, actor: Actor, text_id: int, reason: str, now: datetime) -> AddressDecision:
    """Keep a text as an open item for somebody to look at on site."""
    text = _lock(actor, text_id)
    actor.require("corrections.decide")
    return _already(text, actor, Choice.VISIT, None) or _append(
        text, Choice.VISIT, None, None, actor=actor, reason=reason, now=now
    )


@transaction.atomic
def withdraw_decision(
    *, actor: Actor, decision_id: int, reason: str, now: datetime
) -> AddressDecision:
    """Take a decision back: its name no longer holds, and what it settled waits again."""
    decision = AddressDecision.objects.select_for_update().filter(pk=decision_id).first()
    if decision is None or decision.choice == Choice.WITHDRAWAL:
        raise DecisionMissing(f"There is no decision {decision_id}.")
    text = waiting_visible_to(actor).filter(text_key=decision.text_key).first()
    if text is None:
        raise DecisionMissing(f"There is no decision {decision_id}.")
    actor.require("corrections.decide")
    if not decision.is_current:
        return _withdrawal_by(decision, actor)
    return _withdraw(decision, actor=actor, reason=reason, now=now)


def check_naming(*, text: WaitingText, address: Address, naming: Naming) -> Name:
    """Give the name that a naming makes; raise `NameUnfit` or `NameTaken` where it must not be."""
    path = path_of(address)
    i = next((i for i, step in enumerate(path) if step.address_id == naming.address_id), None)
    if i is None:
        raise NameUnfit(_("The name must stand for the chosen address or one above it."))
    wording = fold_text(naming.wording).strip()
    if not may_name(text.text, wording, path[i].level):
        raise NameUnfit(
            _("“%(wording)s” cannot be a name here. Take words that stand in the text.")
            % {"wording": naming.wording}
        )
    if bearers := bearers_of(wording, other_than=naming.address_id):
        raise NameTaken(
            _("%(place)s bears the name “%(wording)s” already. Decide on this text alone.")
            % {"place": bearers[0].full_name, "wording": wording}
        )
    named = (
        address if path[i].address_id == address.pk else Address.objects.get(pk=naming.address_id)
    )
    return Name(wording, standard_wording(path[: i + 1]), named.full_name, named.pk)


def settled_by_name(*, actor: Actor, name: Name) -> list[WaitingText]:
    """Give the waiting texts that would be certain if this name held."""
    texts = waiting_with(actor=actor, wording=name.wording)
    if not texts:
        return []
    said = pl.Series([text.text for text in texts], dtype=pl.String)
    found = match_by_names(said, [name], folder=current_folder())
    return [text for text, is_sure in zip(texts, found["asserted"], strict=True) if is_sure]


def _lock(actor: Actor, text_id: int) -> WaitingText:
    get_waiting(actor=actor, text_id=text_id)
    return WaitingText.objects.select_for_update().get(pk=text_id)


def _standing(actor: Actor, code: str) -> Address:
    address = get_life(actor=actor, code=code).address
    if address.ends_on:
        raise AddressEnded(
            _("%(place)s ended. Choose the address that took its place.")
            % {"place": address.full_name}
        )
    return address


def _already(
    text: WaitingText, actor: Actor, choice: Choice, address: Address | None
) -> AddressDecision | None:
    """Give the same decision of the same person, sent twice; raise where there is another."""
    held = AddressDecision.objects.filter(text_key=text.text_key, is_current=True).first()
    if held is None or (held.choice == Choice.VISIT and choice != Choice.VISIT):
        return None
    is_same = held.choice == choice and held.address_id == (address.pk if address else None)
    if is_same and held.decided_by == actor.reference:
        return held
    raise TextDecided(
        _("%(who)s decided on this text first: %(what)s. Nothing was changed.")
        % {"who": held.decided_by, "what": held.get_choice_display()}
    )


def _keep_alias(name: Name, now: datetime) -> AddressAlias | None:
    """Keep the name, unless it holds already."""
    alias, is_new = AddressAlias.objects.get_or_create(
        address_id=name.address_id,
        name=name.wording,
        kind=AliasKind.DECIDED,
        is_current=True,
        defaults={"starts_on": now.date()},
    )
    return alias if is_new else None


def _append(
    text: WaitingText,
    choice: Choice,
    address: Address | None,
    alias: AddressAlias | None,
    *,
    actor: Actor,
    reason: str,
    now: datetime,
) -> AddressDecision:
    visit = AddressDecision.objects.filter(text_key=text.text_key, is_current=True).first()
    if visit is not None:
        _withdraw(visit, actor=actor, reason=reason, now=now)
    decision = AddressDecision.objects.create(
        choice=choice,
        text=text.text,
        text_key=text.text_key,
        address=address,
        alias=alias,
        reason=reason.strip(),
        decided_at=now,
        decided_by=actor.reference,
    )
    text.settled_by = decision
    text.save(update_fields=["settled_by"])
    _tell(decision, f"corrections.{choice}", actor=actor, now=now)
    return decision


def _withdrawal_by(decision: AddressDecision, actor: Actor) -> AddressDecision:
    held = AddressDecision.objects.get(withdraws=decision)
    if held.decided_by == actor.reference:
        return held
    raise TextDecided(
        _("%(who)s took this decision back first. Nothing was changed.") % {"who": held.decided_by}
    )


def _withdraw(
    decision: AddressDecision, *, actor: Actor, reason: str, now: datetime
) -> AddressDecision:
    decision.is_current = False
    decision.save(update_fields=["is_current"])
    if decision.alias is not None:
        decision.alias.is_current, decision.alias.ends_on = False, now.date()
        decision.alias.save(update_fields=["is_current", "ends_on"])
    WaitingText.objects.filter(settled_by=decision).update(settled_by=None)
    withdrawal = AddressDecision.objects.create(
        choice=Choice.WITHDRAWAL,
        text=decision.text,
        text_key=decision.text_key,
        reason=reason.strip(),
        decided_at=now,
        decided_by=actor.reference,
        withdraws=decision,
        is_current=False,
    )
    _tell(withdrawal, "corrections.withdraw", actor=actor, now=now)
    return withdrawal


def _tell(decision: AddressDecision, verb: str, *, actor: Actor, now: datetime) -> None:
    record_act(
        actor=actor,
        verb=verb,
        subject_kind="address_text",
        subject_id=str(decision.pk),
        now=now,
        reason=decision.reason,
    )
    bus.publish(AddressesCorrected(decision_id=decision.pk, decided_at=now))
