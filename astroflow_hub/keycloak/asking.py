"""Reads from a request whose session it is, and whether it only reads."""

from __future__ import annotations

from typing import Any

from jupyterhub.apihandlers import APIHandler

ANY = None  # in place of a session: one of the person's that holds
NONE = ""  # no session at all
_READS = {"GET", "HEAD", "OPTIONS"}


def asked_session(user: Any, handler: Any) -> str | None:
    """Return in which session of the hub ``user`` asks.

    `ANY` where somebody else asks about them, or a program with a token of theirs that belongs
    to no session.
    """
    if getattr(handler, "_jupyterhub_user", None) is not user:
        return ANY
    token = handler.get_token() if getattr(handler, "_token_authenticated", False) else None
    if token is not None:
        return str(token.session_id) if token.session_id else ANY
    return str(handler.get_session_cookie() or NONE)


def is_read(handler: Any) -> bool:
    """Return whether a program asks, and changes nothing."""
    return isinstance(handler, APIHandler) and handler.request.method in _READS


def let_refuse(handler: Any) -> None:
    """Let JupyterHub refuse somebody on one of its pages.

    JupyterHub 6.1 asks a page that is about to refuse for ``_token_authenticated``, which only
    its API has: the refusal would become an error 500.
    """
    if handler is not None and not hasattr(handler, "_token_authenticated"):
        handler._token_authenticated = False  # noqa: SLF001
