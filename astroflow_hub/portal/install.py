"""Puts the portal into a hub: the one line of a `jupyterhub_config.py` that is about it."""

from __future__ import annotations

from typing import Any

from astroflow_hub.pages import TEMPLATES
from astroflow_hub.portal import handlers

PAGES = [
    (r"/portal/?", handlers.ServicesPage),
    (r"/portal/server/stop", handlers.StopServer),
    (r"/portal/profile", handlers.ProfilePage),
    (r"/portal/documentation", handlers.DocumentationPage),
]


def install(c: Any) -> None:
    """Have the hub of the configuration ``c`` serve the portal, and begin with it."""
    c.JupyterHub.template_paths.insert(0, TEMPLATES)
    c.JupyterHub.extra_handlers.extend(PAGES)
    c.JupyterHub.default_url = _portal


def _portal(handler: Any) -> str:
    return f"{handler.hub.base_url}portal"
