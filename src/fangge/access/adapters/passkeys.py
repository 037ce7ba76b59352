"""Passkeys: what the browser is asked for, and whether its answer holds."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from fido2.server import Fido2Server
from fido2.webauthn import (
    AttestedCredentialData,
    AuthenticationResponse,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialUserEntity,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from fangge.kernel.errors import Invalid

Asked = tuple[dict[str, Any], dict[str, Any]]
"""What the browser is asked, and what must be remembered until it answers."""


class PasskeyNotAccepted(Invalid):
    """The browser's answer does not hold."""


@dataclass(frozen=True, slots=True)
class Answered:
    """A credential, by the hash of its name, with how often it signed."""

    credential: bytes
    n_signed: int


def hash_credential_id(credential_id: bytes) -> str:
    return hashlib.sha256(credential_id).hexdigest()


def hash_credential(credential: bytes) -> str:
    return hash_credential_id(AttestedCredentialData(credential).credential_id)


def _open_server(domain: str) -> Fido2Server:
    # A browser takes a passkey over HTTPS, or at localhost: the library holds it to the same.
    return Fido2Server(PublicKeyCredentialRpEntity(id=domain, name="坊格 Fangge"))


def ask_new_key(
    *, domain: str, handle: bytes, username: str, name: str, held: Sequence[bytes]
) -> Asked:
    """Ask for a new key that checks its holder and knows whose it is."""
    options, state = _open_server(domain).register_begin(
        PublicKeyCredentialUserEntity(id=handle, name=username, display_name=name),
        [AttestedCredentialData(bytes(credential)) for credential in held],
        resident_key_requirement=ResidentKeyRequirement.REQUIRED,
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return dict(options), dict(state)


def read_new_key(*, domain: str, state: Mapping[str, Any], answer: Mapping[str, Any]) -> Answered:
    """Read the new key; raise `PasskeyNotAccepted` where the answer does not hold."""
    try:
        told = _open_server(domain).register_complete(state, answer)
    except (ValueError, KeyError, TypeError) as error:
        raise PasskeyNotAccepted("The device's answer does not hold. Try again.") from error
    return Answered(bytes(cast("bytes", told.credential_data)), told.counter)


def ask_key(*, domain: str, held: Sequence[bytes] = ()) -> Asked:
    """Ask for a signature of one of these keys, or of any key that the device has for us."""
    options, state = _open_server(domain).authenticate_begin(
        [AttestedCredentialData(bytes(credential)) for credential in held] or None,
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return dict(options), dict(state)


def name_of_key(answer: Mapping[str, Any]) -> str:
    """Give the hash of the key that the answer says it is of."""
    try:
        return hash_credential_id(AuthenticationResponse.from_dict(answer).raw_id)
    except (ValueError, KeyError, TypeError) as error:
        raise PasskeyNotAccepted("The device's answer does not hold. Try again.") from error


def check_key(
    *, domain: str, state: Mapping[str, Any], answer: Mapping[str, Any], credential: bytes
) -> int:
    """Check the signature, give how often the key signed; raise `PasskeyNotAccepted`."""
    try:
        told = AuthenticationResponse.from_dict(answer)
        held = AttestedCredentialData(bytes(credential))
        _open_server(domain).authenticate_complete(state, [held], told)
    except (ValueError, KeyError, TypeError) as error:
        raise PasskeyNotAccepted("The device's answer does not hold. Try again.") from error
    return int(told.response.authenticator_data.counter)
