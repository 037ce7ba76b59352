"""Partners' keys, and who calls with one."""

import secrets
from datetime import datetime, timedelta

from django.db.models import Count, Max, Q, QuerySet

from fangge.gateway.models import PartnerKey
from fangge.gateway.rules.keys import KEY
from fangge.kernel.actor import Actor
from fangge.kernel.errors import Missing
from fangge.kernel.fields import open_vault

KEY_COLUMN = "gateway_partnerkey.key"
LATELY = timedelta(days=1)


class KeyUnknown(Missing):
    """There is no such key."""


def list_keys(*, actor: Actor, now: datetime) -> QuerySet[PartnerKey]:
    """List every key with its last call and the calls of the last day, the newest first."""
    actor.require("partners.see")
    lately = Count("calls", filter=Q(calls__at__gt=now - LATELY))
    return PartnerKey.objects.annotate(last_at=Max("calls__at"), n_lately=lately).order_by("-pk")


def get_key(*, actor: Actor, key_id: int, is_locked: bool = False) -> PartnerKey:
    """Give one key. Raises `KeyUnknown`."""
    actor.require("partners.see")
    held = PartnerKey.objects.select_for_update() if is_locked else PartnerKey.objects.all()
    key = held.filter(pk=key_id).first()
    if key is None:
        raise KeyUnknown("There is no such key.")
    return key


def key_of(text: str, *, now: datetime) -> PartnerKey | None:
    """Give the key that this text is, where it holds now."""
    if not KEY.fullmatch(text):
        return None
    hashed = open_vault().hash_text(text, column=KEY_COLUMN)
    running = Q(expires_at=None) | Q(expires_at__gt=now)
    key = PartnerKey.objects.filter(running, key_hash=hashed, revoked_at=None).first()
    if key is None or not secrets.compare_digest(bytes(key.key_hash), hashed):
        return None
    return key


def actor_of_key(key: PartnerKey) -> Actor:
    """Give the actor that a partner's program is: it may report, and nothing else."""
    verbs = frozenset({"cases.report"}) if "report" in key.scopes else frozenset[str]()
    return Actor(f"partner:{key.pk}", key.name, ("partner",), verbs)
