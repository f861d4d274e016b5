"""Portal: what an admin sets of it, as ``c.Portal``."""

from __future__ import annotations

import asyncio
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from traitlets import Enum, Integer, List, Unicode
from traitlets.config import SingletonConfigurable

from astroflow_hub.portal.notice import Mail, post, subject_of, text_of
from astroflow_hub.portal.recorder import Recorder
from astroflow_hub.portal.services import watch_services

if TYPE_CHECKING:
    from astroflow_hub.portal.services import Services
    from astroflow_hub.portal.tables import Message
    from astroflow_hub.watch import FileWatch


class Portal(SingletonConfigurable):
    """The portal's settings; one for the whole hub, which is its parent."""

    services_file = Unicode(
        "services.yaml",
        config=True,
        help="The YAML file with what My Services shows beside JupyterHub and documentation: "
        "services: [{name: …, url: …, description: …, groups: [...]}]. It is read again when it "
        "changes; there may be none.",
    )
    documentation_url = Unicode(
        config=True, help="Your own documentation, in place of the portal's short page."
    )
    webhook_url = Unicode(
        config=True,
        help="Where each request and feedback is posted as {'text': …}; empty for nowhere.",
    )
    mail_server = Unicode(config=True, help="The SMTP server; empty for no mail.")
    mail_port = Integer(587, config=True, help="Its port.")
    mail_security = Enum(
        ["starttls", "tls", "none"],
        "starttls",
        config=True,
        help="How the connection is encrypted; none only for a server on the same machine.",
    )
    mail_user = Unicode(config=True, help="The account at the SMTP server, if it wants one.")
    mail_password = Unicode(config=True, help="Its password; take it from the environment.")
    mail_from = Unicode("astroflow@localhost", config=True, help="Who sends.")
    mail_to = List(Unicode(), config=True, help="The administrators' addresses.")

    @cached_property
    def recorder(self) -> Recorder:
        """Knows what everybody runs."""
        return Recorder(self.parent)

    @cached_property
    def services(self) -> FileWatch[Services]:
        """What the file with the services says now."""
        return watch_services(Path(self.services_file))

    async def tell_admins(self, message: Message, page: str) -> None:
        """Send a message on; it is on the administrators' page anyhow."""
        subject, text = subject_of(message), text_of(message, page)
        sent = [post(self.webhook_url, text)] if self.webhook_url else []
        if self.mail_server and self.mail_to:
            sent.append(self._mail().send(subject, text))
        for result in await asyncio.gather(*sent, return_exceptions=True):
            if isinstance(result, BaseException):
                # Its words may hold the address, which is a secret of some webhooks.
                self.log.error("A message was not sent on: %s", type(result).__name__)

    def _mail(self) -> Mail:
        return Mail(
            server=self.mail_server,
            port=self.mail_port,
            security=self.mail_security,
            user=self.mail_user,
            password=self.mail_password,
            sender=self.mail_from,
            receivers=self.mail_to,
        )
