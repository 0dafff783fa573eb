"""An identity provider in this process that says whatever a test has it say, to whoever shows the verifier."""

import base64
import json
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import parse_qs, urlsplit

from authlib.oauth2.rfc7636 import create_s256_code_challenge  # type: ignore[import-untyped]
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from engine.errors import TargetRefused
from engine.model.base import Json
from engine.model.sign_in import OidcSettings
from tests.bench import Bench

ISSUER = "https://id.example"
SETTINGS = OidcSettings(issuer=ISSUER, client_id="fireline")


class Liar:
    """Signs anybody in as `claims` say; what it was asked is kept."""

    def __init__(self, now: datetime) -> None:
        self.key = RSAKey.generate_key(2048, {"kid": "one"})
        self.published: list[object] = [self.key.as_dict(private=False)]
        self.said: Json = {}
        self.claims: Json = {
            "iss": ISSUER, "aud": "fireline", "sub": "subject-1",
            "iat": int(now.timestamp()), "exp": int(now.timestamp()) + 300,
        }  # fmt: skip
        self.tokens: Json = {}
        self.asked: dict[str, str] = {}
        self.calls = list[str]()

    def sign_in(self, address: str) -> dict[str, str]:
        """What a person does there; with what their browser comes back."""
        self.asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        self.claims = {**self.claims, "nonce": self.asked["nonce"]}
        return {"code": "a code", "state": self.asked["state"]}

    def id_token(self) -> str:
        return jwt.encode({"alg": "RS256", "kid": str(self.key.kid)}, dict(self.claims), self.key)

    async def exchange(self, method: str, url: str, body: bytes, headers: Mapping[str, str]) -> bytes:
        """In the place of `console.outgoing.web.exchange`."""
        self.calls.append(urlsplit(url).path)
        match urlsplit(url).path:
            case "/.well-known/openid-configuration":
                return json.dumps(self._provided() | self.said).encode()
            case "/keys":
                return json.dumps({"keys": self.published}).encode()
            case _:
                return json.dumps(self._tokens(parse_qs(body.decode()))).encode()

    def _provided(self) -> Json:
        return {
            "issuer": ISSUER, "authorization_endpoint": f"{ISSUER}/authorize", "token_endpoint": f"{ISSUER}/token",
            "jwks_uri": f"{ISSUER}/keys",
        }  # fmt: skip

    def _tokens(self, form: Mapping[str, list[str]]) -> Json:
        """RFC 7636 4.6: who has the code needs the verifier too."""
        shown = create_s256_code_challenge(form["code_verifier"][0])
        if form["code"] != ["a code"] or shown != self.asked["code_challenge"]:
            raise TargetRefused("id.example answered 400")
        return {"id_token": self.id_token(), "access_token": "an access token", **self.tokens}


def knows(bench: Bench, subject: str, name: str = "only-analyst") -> None:
    """Write down who somebody is at the identity provider."""
    file = bench.settings.people_file
    file.write_text(file.read_text().replace(f"  {name}: {{", f"  {name}: {{oidc: {subject}, ", 1))


def part(value: Mapping[str, object]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def unsigned(liar: Liar) -> str:
    return f"{part({'alg': 'none'})}.{part(liar.claims)}."


def by_the_public_key_as_a_secret(liar: Liar) -> str:
    secret = OctKey.import_key({"kty": "oct", "k": part(liar.key.as_dict(private=False))})
    return jwt.encode({"alg": "HS256", "kid": "one"}, dict(liar.claims), secret)


def by_somebody_else(liar: Liar) -> str:
    return jwt.encode({"alg": "RS256", "kid": "one"}, dict(liar.claims), RSAKey.generate_key(2048))


def by_a_key_it_brings(liar: Liar) -> str:
    own = RSAKey.generate_key(2048, {"kid": "one"})
    return jwt.encode({"alg": "RS256", "jwk": own.as_dict(private=False)}, dict(liar.claims), own)


def by_another_algorithm(liar: Liar) -> str:
    return jwt.encode({"alg": "RS512", "kid": "one"}, dict(liar.claims), liar.key, algorithms=["RS512"])


def changed(liar: Liar) -> str:
    head, _, signature = liar.id_token().split(".")
    return f"{head}.{part(liar.claims | {'sub': 'admin'})}.{signature}"


FORGERIES = [
    unsigned,
    by_the_public_key_as_a_secret,
    by_somebody_else,
    by_a_key_it_brings,
    by_another_algorithm,
    changed,
]
