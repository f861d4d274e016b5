"""Puts the portal into a hub: the one line of a `jupyterhub_config.py` that is about it."""

from __future__ import annotations

import asyncio
from typing import Any

from jupyterhub.app import JupyterHub

from astroflow_hub.pages import TEMPLATES
from astroflow_hub.portal import admin, handlers
from astroflow_hub.portal.home_use import HomeAPI
from astroflow_hub.portal.settings import Portal

PAGES = [
    (r"/portal/?", handlers.ServicesPage),
    (r"/portal/server/stop", handlers.StopServer),
    (r"/portal/profile", handlers.ProfilePage),
    (r"/portal/usage", handlers.UsagePage),
    (r"/portal/access", handlers.AccessPage),
    (r"/portal/feedback", handlers.FeedbackPage),
    (r"/portal/documentation", handlers.DocumentationPage),
    (r"/portal/admin", admin.AdminPage),
    (r"/api/astroflow/users", admin.UsersAPI),
    (r"/api/astroflow/users/([^/]+)/home", HomeAPI),
]


def install(c: Any) -> None:
    """Have the hub of the configuration ``c`` serve the portal, and begin with it."""
    c.JupyterHub.template_paths.insert(0, TEMPLATES)
    c.JupyterHub.extra_handlers.extend(PAGES)
    c.JupyterHub.default_url = _portal
    # Nobody keeps a page: after the logout, Back shows nothing of it.
    c.JupyterHub.tornado_settings.update({"headers": {"Cache-Control": "no-store"}})
    c.Spawner.access_page = "portal/access"
    _start()


def _portal(handler: Any) -> str:
    return f"{handler.hub.base_url}portal"


def _start() -> None:
    """Begin to record, once the hub that reads the configuration has read it all."""
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        return  # no hub: somebody looks at its configuration
    loop.call_soon(_record)


def _record() -> None:
    Portal.instance(parent=JupyterHub.instance()).recorder.start()
