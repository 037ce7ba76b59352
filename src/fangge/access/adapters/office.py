"""The office's own sign-in, by OpenID Connect: code flow with PKCE, signed tokens, a nonce."""

from functools import cache
from typing import Any, cast

from authlib.integrations.base_client import OAuthError
from authlib.integrations.django_client import OAuth
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from joserfc.errors import JoseError
from requests.exceptions import RequestException

from fangge.kernel.errors import FanggeError, Refused

SECONDS = 10
SIGNED = frozenset({"RS256", "PS256", "ES256", "RS384", "PS384", "ES384", "RS512", "EdDSA"})
"""Ways to sign that need the office's own private key."""


class OfficeAway(FanggeError):
    """The office's sign-in does not answer."""


class OfficeRefused(Refused):
    """The office's sign-in said no, or said something that does not hold."""


def is_open() -> bool:
    """Tell whether this installation has an office to ask."""
    return bool(settings.OFFICE["issuer"])


def send_to_office(request: HttpRequest, *, back: str) -> HttpResponse:
    """Send the browser to the office; it comes `back` with a code."""
    try:
        return cast("HttpResponse", _open_office().authorize_redirect(request, back))
    except (RequestException, ValueError, RuntimeError) as error:
        raise OfficeAway("The office's sign-in does not answer.") from error


def read_claims(request: HttpRequest) -> dict[str, Any]:
    """Exchange the code for a token, check it, and give what it says.

    Raises `OfficeAway` and `OfficeRefused`.
    """
    try:
        token = _open_office().authorize_access_token(
            request,
            claims_options={
                "iss": {"essential": True, "value": settings.OFFICE["issuer"]},
                "aud": {"essential": True, "value": settings.OFFICE["client"]},
                "exp": {"essential": True},
                "nonce": {"essential": True},
            },
        )
    except (OAuthError, JoseError, ValueError) as error:
        raise OfficeRefused("The office's sign-in did not vouch for you.") from error
    except (RequestException, RuntimeError) as error:
        raise OfficeAway("The office's sign-in does not answer.") from error
    claims = token.get("userinfo")
    if claims is None:
        raise OfficeRefused("The office's sign-in gave no token about you.")
    return dict(claims)


def farewell_address(*, back: str) -> str:
    """Give where people sign out of the office too, or nothing where it has no such place."""
    try:
        told = _open_office().create_logout_url(
            post_logout_redirect_uri=back, client_id=settings.OFFICE["client"]
        )
    except (RequestException, ValueError, RuntimeError):
        return ""
    return str(told["url"])


def _open_office() -> Any:
    office = settings.OFFICE
    client = _register(office["issuer"], office["client"], settings.OFFICE_SECRET)
    told = client.load_server_metadata()
    offered = told.get("id_token_signing_alg_values_supported") or ["RS256"]
    told["id_token_signing_alg_values_supported"] = [way for way in offered if way in SIGNED]
    return client


@cache
def _register(issuer: str, client: str, secret: str) -> Any:
    return OAuth().register(
        "office",
        client_id=client,
        client_secret=secret,
        server_metadata_url=f"{issuer}/.well-known/openid-configuration",
        client_kwargs={
            "scope": "openid profile",
            "code_challenge_method": "S256",
            "default_timeout": SECONDS,
        },
    )
