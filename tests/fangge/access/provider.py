"""An OpenID provider on the loopback: Authlib's server, strict about PKCE and the nonce."""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749 import AuthorizationCodeMixin, ClientMixin
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oidc.core import UserInfo
from authlib.oidc.core.grants import OpenIDCode
from flask import Flask, jsonify, redirect, request
from joserfc.jwk import RSAKey
from typing_extensions import override

CLIENT, SECRET = "fangge", "a-secret-of-the-tests"


@dataclass
class Provider:
    """What the provider says, and what a test may bend."""

    issuer: str = ""
    claims: dict[str, Any] = field(default_factory=dict)
    codes: dict[str, "Code"] = field(default_factory=dict)
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one"}))
    signing_key: RSAKey | None = None
    named_issuer: str = ""
    lifetime: int = 300
    denies: bool = False
    n_signed_out: int = 0


class Client(ClientMixin):  # type: ignore[misc]  # Authlib ships no types
    def get_client_id(self) -> str:
        return CLIENT

    def get_default_redirect_uri(self) -> None:
        return None

    def get_allowed_scope(self, scope: str) -> str:
        return scope

    def check_redirect_uri(self, uri: str) -> bool:
        return uri.endswith("/access/sign-in/office/back")

    def check_client_secret(self, secret: str) -> bool:
        return secret == SECRET

    def check_endpoint_auth_method(self, method: str, _endpoint: str) -> bool:
        return method == "client_secret_basic"

    def check_response_type(self, kind: str) -> bool:
        return kind == "code"

    def check_grant_type(self, kind: str) -> bool:
        return kind == "authorization_code"


@dataclass
class Code(AuthorizationCodeMixin):  # type: ignore[misc]  # the same
    """A code that was given out, with what it is bound to."""

    code: str
    redirect_uri: str
    scope: str
    nonce: str
    code_challenge: str
    code_challenge_method: str

    def get_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_scope(self) -> str:
        return self.scope

    def get_nonce(self) -> str:
        return self.nonce

    def get_auth_time(self) -> None:
        return None

    def get_acr(self) -> None:
        return None

    def get_amr(self) -> None:
        return None


class CodeGrant(AuthorizationCodeGrant):  # type: ignore[misc]  # the same
    TOKEN_ENDPOINT_AUTH_METHODS = ["client_secret_basic"]
    provider: Provider

    @override
    def save_authorization_code(self, code: str, told: Any) -> None:
        asked = told.payload.data
        self.provider.codes[code] = Code(
            code,
            told.payload.redirect_uri,
            told.payload.scope,
            asked["nonce"],
            asked["code_challenge"],
            asked["code_challenge_method"],
        )

    @override
    def query_authorization_code(self, code: str, _client: Any) -> Code | None:
        return self.provider.codes.get(code)

    @override
    def delete_authorization_code(self, held: Code) -> None:
        del self.provider.codes[held.code]

    @override
    def authenticate_user(self, _held: Code) -> dict[str, Any]:
        return self.provider.claims


class IdToken(OpenIDCode):  # type: ignore[misc]  # the same
    def __init__(self, provider: Provider) -> None:
        super().__init__(require_nonce=True)
        self.provider = provider

    @override
    def exists_nonce(self, *_: Any) -> bool:
        return False

    @override
    def resolve_client_private_key(self, _client: Any) -> RSAKey:
        return self.provider.signing_key or self.provider.key

    @override
    def get_client_claims(self, _client: Any) -> dict[str, Any]:
        issuer = self.provider.named_issuer or self.provider.issuer
        return {"iss": issuer, "exp": int(time.time()) + self.provider.lifetime}

    @override
    def generate_user_info(self, _user: Any, _scope: str) -> UserInfo:
        return UserInfo(sub="1", **self.provider.claims)


def build_app(provider: Provider) -> Flask:
    app = Flask("provider")
    server = AuthorizationServer(
        app, query_client=lambda name: Client() if name == CLIENT else None, save_token=print_not
    )
    grant = type("Grant", (CodeGrant,), {"provider": provider})
    server.register_grant(grant, [IdToken(provider), CodeChallenge(required=True)])
    app.add_url_rule(
        "/.well-known/openid-configuration", "metadata", lambda: jsonify(tell_metadata(provider))
    )
    app.add_url_rule("/authorize", "authorize", lambda: authorize(provider, server))
    app.add_url_rule("/token", "token", server.create_token_response, methods=["POST"])
    app.add_url_rule("/keys", "keys", lambda: jsonify(keys=[provider.key.as_dict(private=False)]))
    app.add_url_rule("/leave", "leave", lambda: leave(provider))
    return app


def tell_metadata(provider: Provider) -> dict[str, Any]:
    return {
        "issuer": provider.issuer,
        "authorization_endpoint": f"{provider.issuer}/authorize",
        "token_endpoint": f"{provider.issuer}/token",
        "jwks_uri": f"{provider.issuer}/keys",
        "end_session_endpoint": f"{provider.issuer}/leave",
        "id_token_signing_alg_values_supported": ["RS256", "none", "HS256"],
    }


def authorize(provider: Provider, server: AuthorizationServer) -> Any:
    if provider.denies:
        back = f"{request.args['redirect_uri']}?error=access_denied&state="
        return redirect(back + request.args["state"])
    grant = server.get_consent_grant(end_user=provider.claims)
    return server.create_authorization_response(grant_user=provider.claims, grant=grant)


def leave(provider: Provider) -> Any:
    provider.n_signed_out += 1
    return redirect(request.args["post_logout_redirect_uri"])


def print_not(*_: Any) -> None:
    """Keep no token: nothing is asked with it."""


class Quiet(WSGIRequestHandler):
    @override
    def log_message(self, *_: Any) -> None:
        return


@contextmanager
def run_provider() -> Iterator[Provider]:
    """Serve on a free port of the loopback while the block runs."""
    os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"  # the loopback has no certificate
    provider = Provider()
    server = make_server("127.0.0.1", 0, build_app(provider), handler_class=Quiet)
    provider.issuer = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield provider
    server.shutdown()
    server.server_close()
    thread.join()
