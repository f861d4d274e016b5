"""Realms that really sign, with keys made here."""

from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


class Signer:
    """A realm: what it signs with, and what it publishes of that."""

    def __init__(self, kid: str) -> None:
        self.kid = kid
        self.private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        public = self.private.public_key()
        self.public_pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        numbers = jwt.algorithms.RSAAlgorithm.to_jwk(public, as_dict=True)
        self.jwk = {**numbers, "kid": kid, "use": "sig", "alg": "RS256"}
        self.key = jwt.PyJWK(self.jwk)

    def sign(self, claims: dict[str, Any]) -> str:
        return jwt.encode(claims, self.private, "RS256", headers={"kid": self.kid})


@pytest.fixture(scope="session")
def realm() -> Signer:
    return Signer("the-realms-key")


@pytest.fixture(scope="session")
def stranger() -> Signer:
    """Return somebody who calls their own key as the realm calls its."""
    return Signer("the-realms-key")
