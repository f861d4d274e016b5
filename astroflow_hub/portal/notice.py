"""Notices: a message reaches the administrators by mail or by a webhook, too."""

from __future__ import annotations

import asyncio
import json
import smtplib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from typing import TYPE_CHECKING

from tornado.httpclient import AsyncHTTPClient, HTTPRequest

from astroflow_hub.portal.details import one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from astroflow_hub.portal.tables import Message

_PATIENCE = 20  # seconds


@dataclass(frozen=True, slots=True)
class Mail:
    """How mail is sent: a server, who sends, who receives; ``security`` none, starttls or tls."""

    server: str
    port: int
    security: str
    user: str
    password: str
    sender: str
    receivers: Sequence[str]

    async def send(self, subject: str, text: str) -> None:
        """Send a mail, without the hub waiting for it.

        Raises
        ------
        OSError
            When the server does not take it.
        """
        mail = EmailMessage()
        mail["Subject"], mail["From"] = one_line(subject), self.sender
        mail["To"] = ", ".join(self.receivers)
        mail.set_content(text)
        await asyncio.get_running_loop().run_in_executor(None, self._send, mail)

    def _send(self, mail: EmailMessage) -> None:
        context = ssl.create_default_context()
        if self.security == "tls":
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(
                self.server, self.port, timeout=_PATIENCE, context=context
            )
        else:
            smtp = smtplib.SMTP(self.server, self.port, timeout=_PATIENCE)
        with smtp:
            if self.security == "starttls":
                smtp.starttls(context=context)
            if self.user:
                smtp.login(self.user, self.password)
            smtp.send_message(mail)


async def post(webhook: str, text: str) -> None:
    """Post ``{"text": …}``, which Mattermost, Slack and Matrix's bridges take.

    Raises
    ------
    Exception
        As tornado's client does, when the address does not answer or refuses.
    """
    body = json.dumps({"text": text})
    headers = {"Content-Type": "application/json"}
    request = HTTPRequest(
        webhook, method="POST", headers=headers, body=body, request_timeout=_PATIENCE
    )
    await AsyncHTTPClient().fetch(request)


def subject_of(message: Message) -> str:
    """Return what a message is about, in one line."""
    what = f"asks for {message.profile}" if message.profile else "gives feedback"
    return one_line(f"AstroFlow: {message.user_name} {what}")


def text_of(message: Message, page: str) -> str:
    """Return the whole message, and where to answer it."""
    return f"{subject_of(message)}\n\n{message.text}\n\nAnswer on {page}\n"
