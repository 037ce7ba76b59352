"""The second factor: enrolled, used, removed by its owner, reset by the security administrator."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from fangge.access.actions.passwords import check_not_own
from fangge.access.actions.sessions import end_sessions
from fangge.access.adapters.codes import find_step, make_recovery_code
from fangge.access.adapters.passkeys import (
    Asked,
    PasskeyNotAccepted,
    ask_key,
    ask_new_key,
    check_key,
    hash_credential,
    name_of_key,
    read_new_key,
)
from fangge.access.models import CodeMaker, Passkey, RecoveryCode, StaffMember
from fangge.access.queries import count_factors, find_staff, roles_of
from fangge.access.rules import Ending
from fangge.audit.actions import record_act
from fangge.kernel.actor import Actor
from fangge.kernel.errors import Conflict, Invalid, Missing
from fangge.kernel.fields import open_vault

N_RECOVERY_CODES = 10
COLUMN, CODE_COLUMN = "access_codemaker.secret", "access_recoverycode.hash"


class CodeWrong(Invalid):
    """The code is wrong, too old, or was used already."""


class FactorUnknown(Missing):
    """There is no such second factor."""


class LastFactor(Conflict):
    """The role needs a second factor, and this is the last one."""


@transaction.atomic
def enrol_code_maker(
    *, actor: Actor, staff: StaffMember, secret: bytes, code: str, now: datetime
) -> None:
    """Keep the secret of a person's app once a code shows that the app has it.

    Raises `CodeWrong`.
    """
    step = find_step(secret, code, after=0, now=now)
    if step is None:
        raise CodeWrong(_("The code does not fit. Is the clock of the phone right?"))
    CodeMaker.objects.update_or_create(
        staff=staff,
        defaults={
            "secret": open_vault().seal_bytes(secret, column=COLUMN, row=staff.pk),
            "last_step": step,
            "added_at": now,
            "last_used_at": now,
        },
    )
    _record(actor, "second_factors.enrol", staff, now, "code maker")


@transaction.atomic
def use_code(*, staff: StaffMember, code: str, now: datetime) -> str:
    """Take a code of the app, or a recovery code, once; give which of them it was.

    Raises `CodeWrong`.
    """
    typed = code.strip().lower().replace(" ", "")
    if typed.isdecimal():
        _use_step(staff, typed, now)
        return "code"
    _use_recovery_code(staff, typed, now)
    return "recovery_code"


def _use_step(staff: StaffMember, code: str, now: datetime) -> None:
    maker = CodeMaker.objects.select_for_update().filter(staff=staff).first()
    if maker is None:
        raise CodeWrong(_("The code does not fit."))
    secret = open_vault().open_bytes(bytes(maker.secret), column=COLUMN, row=staff.pk)
    step = find_step(secret, code, after=maker.last_step, now=now)
    if step is None:
        raise CodeWrong(_("The code does not fit."))
    maker.last_step, maker.last_used_at = step, now
    maker.save(update_fields=["last_step", "last_used_at"])


def _use_recovery_code(staff: StaffMember, code: str, now: datetime) -> None:
    held = staff.recovery_codes.select_for_update().filter(hash=_hash_code(code), used_at=None)
    found = held.first()
    if found is None:
        raise CodeWrong(_("The code does not fit."))
    found.used_at = now
    found.save(update_fields=["used_at"])
    _record(Actor(f"staff:{staff.username}", "", (), frozenset()), "recovery_codes.use", staff, now)


@transaction.atomic
def make_recovery_codes(*, actor: Actor, staff: StaffMember, now: datetime) -> list[str]:
    """Make recovery codes in place of those before; they are given once."""
    codes = [make_recovery_code() for _ in range(N_RECOVERY_CODES)]
    staff.recovery_codes.all().delete()
    RecoveryCode.objects.bulk_create(
        RecoveryCode(staff=staff, hash=_hash_code(code)) for code in codes
    )
    _record(actor, "recovery_codes.make", staff, now)
    return codes


def ask_for_passkey(*, staff: StaffMember, domain: str) -> Asked:
    """Ask a person's browser for a new passkey."""
    return ask_new_key(
        domain=domain,
        handle=f"fangge:{staff.pk}".encode(),
        username=staff.username,
        name=staff.name,
        held=[bytes(key.credential) for key in staff.passkeys.all()],
    )


@transaction.atomic
def enrol_passkey(
    *,
    actor: Actor,
    staff: StaffMember,
    name: str,
    domain: str,
    state: Mapping[str, Any],
    answer: Mapping[str, Any],
    now: datetime,
) -> None:
    """Keep the public half of a person's new passkey. Raises `PasskeyNotAccepted`."""
    told = read_new_key(domain=domain, state=state, answer=answer)
    mark = hash_credential(told.credential)
    if Passkey.objects.filter(credential_hash=mark).exists():
        raise PasskeyNotAccepted("This passkey is enrolled already.")
    Passkey.objects.create(
        staff=staff,
        name=name.strip()[:40],
        credential=told.credential,
        credential_hash=mark,
        n_signed=told.n_signed,
        added_at=now,
    )
    _record(actor, "second_factors.enrol", staff, now, "passkey")


def ask_passkey(*, staff: StaffMember | None, domain: str) -> Asked:
    """Ask for a signature of a person's passkey, or of any where nobody is named yet."""
    held = [] if staff is None else [bytes(key.credential) for key in staff.passkeys.all()]
    return ask_key(domain=domain, held=held)


@transaction.atomic
def use_passkey(
    *,
    staff: StaffMember | None,
    domain: str,
    state: Mapping[str, Any],
    answer: Mapping[str, Any],
    now: datetime,
) -> StaffMember:
    """Take the signature of a passkey, and give whose it is. Raises `PasskeyNotAccepted`."""
    held = Passkey.objects.select_for_update().filter(credential_hash=name_of_key(answer))
    key = held.filter(staff=staff).first() if staff is not None else held.first()
    if key is None or not key.staff.is_active:
        raise PasskeyNotAccepted("This passkey is not enrolled here.")
    n_signed = check_key(
        domain=domain, state=state, answer=answer, credential=bytes(key.credential)
    )
    # A count that does not grow tells of a copy; devices that do not count say 0 always.
    if n_signed <= key.n_signed and n_signed + key.n_signed > 0:
        raise PasskeyNotAccepted("This passkey seems to have been copied. It is not taken.")
    key.n_signed, key.last_used_at = n_signed, now
    key.save(update_fields=["n_signed", "last_used_at"])
    return key.staff


@transaction.atomic
def remove_code_maker(*, actor: Actor, staff: StaffMember, now: datetime) -> None:
    """Take the code app away. Raises `FactorUnknown` and `LastFactor`."""
    held = CodeMaker.objects.filter(staff=staff)
    if not held.exists():
        raise FactorUnknown("There is no such second factor.")
    _check_not_last(staff, now)
    held.delete()
    _forget_codes_of_none(staff)
    _record(actor, "second_factors.remove", staff, now, "code maker")


@transaction.atomic
def remove_passkey(*, actor: Actor, staff: StaffMember, passkey_id: int, now: datetime) -> None:
    """Take a passkey away. Raises `FactorUnknown` and `LastFactor`."""
    held = staff.passkeys.filter(pk=passkey_id)
    if not held.exists():
        raise FactorUnknown("There is no such second factor.")
    _check_not_last(staff, now)
    held.delete()
    _forget_codes_of_none(staff)
    _record(actor, "second_factors.remove", staff, now, "passkey")


@transaction.atomic
def reset_second_factor(*, actor: Actor, staff_id: int, now: datetime) -> None:
    """Take every second factor of a person away, who lost them, and end their sessions.

    Raises `OwnSignIn`.
    """
    staff = find_staff(actor=actor, staff_id=staff_id)
    actor.require("sign_ins.reset")
    check_not_own(actor=actor, staff=staff)
    CodeMaker.objects.filter(staff=staff).delete()
    staff.passkeys.all().delete()
    staff.recovery_codes.all().delete()
    _record(actor, "second_factors.reset", staff, now)
    end_sessions(actor=actor, staff=staff, ending=Ending.SECOND_FACTOR_CHANGED, now=now)


def reseal_code_makers() -> int:
    """Seal the secrets of the code apps anew with the newest key; give how many."""
    vault, n_sealed = open_vault(), 0
    for maker in CodeMaker.objects.iterator():
        if not vault.is_current(bytes(maker.secret)):
            row = maker.staff_id
            secret = vault.open_bytes(bytes(maker.secret), column=COLUMN, row=row)
            maker.secret = vault.seal_bytes(secret, column=COLUMN, row=row)
            maker.save(update_fields=["secret"])
            n_sealed += 1
    return n_sealed


def _check_not_last(staff: StaffMember, now: datetime) -> None:
    is_needed = bool(settings.SECOND_FACTOR_ROLES & set(roles_of(staff, now=now)))
    if is_needed and count_factors(staff) == 1:
        raise LastFactor(_("Your role needs a second factor. Add another before taking this away."))


def _forget_codes_of_none(staff: StaffMember) -> None:
    if count_factors(staff) == 0:
        staff.recovery_codes.all().delete()


def _hash_code(code: str) -> str:
    return open_vault().hash_text(code.replace("-", ""), column=CODE_COLUMN).hex()


def _record(actor: Actor, verb: str, staff: StaffMember, now: datetime, reason: str = "") -> None:
    record_act(
        actor=actor,
        verb=verb,
        subject_kind="staff",
        subject_id=staff.username,
        reason=reason,
        now=now,
    )
