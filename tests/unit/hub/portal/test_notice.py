"""A message reaches a real mail server and a real webhook, and nothing slips into their heads."""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message as Inbox
from jupyterhub.utils import random_port

from astroflow_hub.portal.settings import Portal
from astroflow_hub.portal.tables import Message

PAGE = "https://hub.example.org/hub/portal/admin"


def message(user_name: str = "zoë", text: str = "Grüße\nund mehr") -> Message:
    now = datetime(2026, 11, 23, tzinfo=UTC)
    return Message(id=1, user_name=user_name, kind="request", profile="dr4", text=text, sent_at=now)


class MailBox(Inbox):
    """Takes mail of anybody; ``mails`` are those it was given."""

    def __init__(self) -> None:
        super().__init__()
        self.mails: list[Any] = []

    def handle_message(self, message: Any) -> None:
        self.mails.append(message_from_bytes(message.as_bytes(), policy=policy.default))


@contextmanager
def mail_server() -> Iterator[tuple[MailBox, dict[str, Any]]]:
    box = MailBox()
    server = Controller(box, hostname="127.0.0.1", port=(port := random_port()))
    server.start()
    try:
        yield box, {"mail_server": "127.0.0.1", "mail_port": port, "mail_security": "none"}
    finally:
        server.stop()


@contextmanager
def webhook(status: int) -> Iterator[tuple[list[Any], str]]:
    posted = []

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            posted.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    with HTTPServer(("127.0.0.1", 0), Hook) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield posted, f"http://127.0.0.1:{server.server_port}/hooks/secret-key"
        server.shutdown()
        thread.join()


async def test_a_mail_says_who_asks_for_what_and_where_to_answer() -> None:
    with mail_server() as (box, settings):
        portal = Portal(mail_from="hub@example.org", mail_to=["a@x.org", "b@x.org"], **settings)
        await portal.tell_admins(message(), PAGE)
    (mail,) = box.mails
    assert mail["Subject"] == "AstroFlow: zoë asks for dr4"
    assert (mail["From"], mail["To"]) == ("hub@example.org", "a@x.org, b@x.org")
    assert mail["X-RcptTo"] == "a@x.org, b@x.org"
    assert "Grüße\nund mehr" in mail.get_content().replace("\r\n", "\n")
    assert f"Answer on {PAGE}" in mail.get_content()


async def test_a_name_with_newlines_adds_no_header_and_no_receiver() -> None:
    with mail_server() as (box, settings):
        portal = Portal(mail_to=["a@x.org"], **settings)
        await portal.tell_admins(message("eve\r\nBcc: all@x.org\r\n\r\nhello"), PAGE)
    (mail,) = box.mails
    assert mail["Subject"] == "AstroFlow: eve Bcc: all@x.org hello asks for dr4"
    assert mail["Bcc"] is None
    assert mail["X-RcptTo"] == "a@x.org"


async def test_a_line_with_a_dot_does_not_end_the_mail() -> None:
    with mail_server() as (box, settings):
        text = "first\n.\nRCPT TO:<all@x.org>"
        await Portal(mail_to=["a@x.org"], **settings).tell_admins(message(text=text), PAGE)
    assert text in box.mails[0].get_content().replace("\r\n", "\n")


async def test_a_webhook_is_posted_the_text() -> None:
    with webhook(200) as (posted, url):
        await Portal(webhook_url=url).tell_admins(message(), PAGE)
    assert posted == [
        {"text": f"AstroFlow: zoë asks for dr4\n\nGrüße\nund mehr\n\nAnswer on {PAGE}\n"}
    ]


async def test_what_cannot_be_sent_is_in_the_log_without_the_address(
    caplog: pytest.LogCaptureFixture,
) -> None:
    portal = Portal(mail_server="127.0.0.1", mail_port=1, mail_to=["a@x.org"])
    portal.log = logging.getLogger("portal")
    with webhook(500) as (posted, url):
        portal.webhook_url = url
        await portal.tell_admins(message(), PAGE)
    assert len(posted) == 1
    assert caplog.messages == [
        "A message was not sent on: HTTPClientError",
        "A message was not sent on: ConnectionRefusedError",
    ]


async def test_nothing_is_sent_where_nothing_is_set(caplog: pytest.LogCaptureFixture) -> None:
    await Portal().tell_admins(message(), PAGE)
    assert caplog.messages == []
