"""Issue and revoke partners' keys, and keep what was called with them."""

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from fangge.audit.actions import record_act
from fangge.gateway.models import Call, PartnerKey
from fangge.gateway.queries.keys import KEY_COLUMN, get_key
from fangge.gateway.rules.keys import BEGINNING, MOST_A_MINUTE, N_SHOWN, Scope
from fangge.kernel.actor import Actor
from fangge.kernel.errors import Conflict, Invalid
from fangge.kernel.fields import open_vault

LONGEST_NAME = 80


class KeyUnfit(Invalid):
    """What was typed for a key cannot be; `field` names what."""

    def __init__(self, field: str, told: str) -> None:
        super().__init__(told)
        self.field = field


class AlreadyRevoked(Conflict):
    """Somebody revoked the key before."""


@dataclass(frozen=True, slots=True)
class IssuedKey:
    """A key as it is handed over: shown once, kept nowhere."""

    text: str
    key: PartnerKey


@transaction.atomic
def issue_key(
    *,
    actor: Actor,
    name: str,
    scopes: Collection[str],
    calls_a_minute: int,
    expires_at: datetime | None,
    now: datetime,
) -> IssuedKey:
    """Issue a key to a partner's program. Raises `KeyUnfit`."""
    actor.require("partners.issue")
    _check(name, scopes, calls_a_minute, expires_at, now)
    text = BEGINNING + secrets.token_urlsafe(32)
    key = PartnerKey.objects.create(
        name=name.strip(),
        begins=text[:N_SHOWN],
        key_hash=open_vault().hash_text(text, column=KEY_COLUMN),
        scopes=sorted(scopes),
        calls_a_minute=calls_a_minute,
        issued_at=now,
        issued_by=actor.reference,
        expires_at=expires_at,
    )
    _keep(actor, "partners.issue", key, now)
    return IssuedKey(text, key)


def _check(
    name: str,
    scopes: Collection[str],
    calls_a_minute: int,
    expires_at: datetime | None,
    now: datetime,
) -> None:
    if not 0 < len(name.strip()) <= LONGEST_NAME:
        raise KeyUnfit("name", "Say whose program the key is for.")
    if not scopes or not set(scopes) <= set(Scope):
        raise KeyUnfit("scopes", "Choose what the key opens.")
    if not 1 <= calls_a_minute <= MOST_A_MINUTE:
        raise KeyUnfit("calls", f"A key may be called with 1 to {MOST_A_MINUTE} times a minute.")
    if expires_at is not None and expires_at <= now:
        raise KeyUnfit("expires", "The last day has to be in the future.")


@transaction.atomic
def revoke_key(*, actor: Actor, key_id: int, now: datetime) -> None:
    """End a key at once. Raises `KeyUnknown`, `AlreadyRevoked`."""
    key = get_key(actor=actor, key_id=key_id, is_locked=True)
    actor.require("partners.issue")
    if key.revoked_at is not None:
        raise AlreadyRevoked("This key is revoked already.")
    key.revoked_at, key.revoked_by = now, actor.reference
    key.save(update_fields=["revoked_at", "revoked_by"])
    _keep(actor, "partners.revoke", key, now)


def _keep(actor: Actor, verb: str, key: PartnerKey, now: datetime) -> None:
    record_act(
        actor=actor,
        verb=verb,
        subject_kind="partner_key",
        subject_id=str(key.pk),
        reason=key.name,
        now=now,
    )


def keep_call(*, key: PartnerKey, method: str, what: str, status: int, now: datetime) -> None:
    """Keep that a partner called, and how it ended."""
    Call.objects.create(key=key, at=now, method=method[:8], what=what[:40], status=status)
