"""Finding: what a check saw, good or bad, in one line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "problem", "skipped"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check saw of one subject."""

    state: State
    check: str
    subject: str
    says: str
    cure: str = ""

    def __str__(self) -> str:
        cure = f"; {self.cure}" if self.cure else ""
        return f"{self.state:<8} {self.check}: {self.subject}: {self.says}{cure}"


def good(check: str, subject: str, says: str) -> Finding:
    """Return a finding of something that is as it should be."""
    return Finding("ok", check, subject, says)


def problem(check: str, subject: str, says: str, cure: str) -> Finding:
    """Return a finding of something that an admin must mend."""
    return Finding("problem", check, subject, says, cure)
