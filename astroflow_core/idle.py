"""Idle times: when a server that nobody uses is stopped, and what a cluster holds given back."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, model_validator

from astroflow_core.model import Model

# Where a server that stops itself writes why: the file that this variable names, else the one
# that Kubernetes reads when a container has ended.
END_NOTE_VARIABLE = "ASTROFLOW_END_NOTE"
TERMINATION_LOG = "/dev/termination-log"
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def seconds(duration: str) -> int:
    """Return the seconds of a duration: a whole number and s, m, h or d.

    >>> seconds("90m")
    5400
    """
    match = re.fullmatch(r"([1-9][0-9]{0,8})([smhd])", duration)
    if match is None:
        raise ValueError(
            f"{duration!r} is no duration; write a whole number and s, m, h or d: '4h'"
        )
    return int(match[1]) * _UNITS[match[2]]


def _check_duration(duration: str) -> str:
    seconds(duration)
    return duration


Duration = Annotated[str, AfterValidator(_check_duration)]


class IdleTimes(Model):
    """When a server that is not in use is stopped, and how long before the person is warned.

    A server in which a kernel, Spark or Dask is busy is in use, and never stopped. Without
    ``stop_after`` no server is. Executors and workers in pods that had nothing to do for
    ``release_after`` are given back; the next query takes them again.
    """

    stop_after: Duration | None = None
    warn_before: Duration = "10m"
    release_after: Duration = "15m"

    @model_validator(mode="after")
    def _the_warning_comes_first(self) -> IdleTimes:
        if self.stop_after and seconds(self.warn_before) >= seconds(self.stop_after):
            raise ValueError(
                f"warn_before {self.warn_before} is not shorter than stop_after {self.stop_after}"
            )
        return self
