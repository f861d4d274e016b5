"""Portal: what an admin sets of it, as ``c.Portal``."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from traitlets import Unicode
from traitlets.config import SingletonConfigurable

from astroflow_hub.portal.services import watch_services

if TYPE_CHECKING:
    from astroflow_hub.portal.services import Services
    from astroflow_hub.watch import FileWatch


class Portal(SingletonConfigurable):
    """The portal's settings; one for the whole hub."""

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

    @cached_property
    def services(self) -> FileWatch[Services]:
        """What the file with the services says now."""
        return watch_services(Path(self.services_file))
