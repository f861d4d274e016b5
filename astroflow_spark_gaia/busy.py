"""Tell the notebook's server that Spark is at work, also where no cell waits for it."""

from __future__ import annotations

import time
from threading import Thread
from typing import TYPE_CHECKING

from astroflow_core.busy import RENEW_SECONDS, tell_busy, tells_busy

if TYPE_CHECKING:
    from astroflow_spark_gaia.gaia_session import GaiaSession


def tell_while_at_work(session: GaiaSession) -> None:
    """Note again and again that ``session`` runs jobs, in a thread that ends with it."""
    if tells_busy():
        Thread(target=_tell, args=(session,), name="astroflow-busy", daemon=True).start()


def _tell(session: GaiaSession) -> None:
    tracker = session.sparkContext.statusTracker()
    while session.is_usable:
        try:
            if tracker.getActiveJobsIds():
                tell_busy("spark")
        except Exception:  # noqa: BLE001 (whatever Py4J raises when Spark stops meanwhile)
            return
        time.sleep(RENEW_SECONDS)
