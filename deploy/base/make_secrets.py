"""Makes the platform's secrets where there are none; leaves alone those that are there."""

import asyncio
import secrets
from http import HTTPStatus
from pathlib import Path

from kubernetes_asyncio import client, config

# Who knows what: the proxy never sees the database's password, and nobody but the hub the rest.
SECRETS = {
    "proxy": {"token": secrets.token_hex(32)},
    "database": {"password": secrets.token_urlsafe(32)},
    "hub": {"cookie-secret": secrets.token_hex(32), "crypt-key": secrets.token_hex(32)},
    "login": {"password": secrets.token_urlsafe(12)},
    "keycloak": {
        "password": secrets.token_urlsafe(32),
        "admin-password": secrets.token_urlsafe(16),
        "client-secret": secrets.token_urlsafe(32),
    },
}
NAMESPACE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")


async def main(namespace: str) -> None:
    """Create each secret."""
    config.load_incluster_config()
    async with client.ApiClient() as api:
        for name, values in SECRETS.items():
            await create(client.CoreV1Api(api), namespace, name, values)


async def create(core: client.CoreV1Api, namespace: str, name: str, values: dict[str, str]) -> None:
    """Create a secret unless it exists."""
    secret = {"metadata": {"name": name}, "stringData": values}
    try:
        await core.create_namespaced_secret(namespace, secret)
    except client.ApiException as error:
        if error.status != HTTPStatus.CONFLICT:
            raise


if __name__ == "__main__":
    asyncio.run(main(NAMESPACE.read_text()))
