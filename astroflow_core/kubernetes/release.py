"""What a person reads when executors or workers that had nothing to do were given back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass
class ReleaseNotice:
    """Says once that ``what`` (executors or workers) were given back ``after`` so long."""

    say: Callable[[str], None]
    what: str
    after: str
    were_up: bool = False
    was_said: bool = False

    def look(self, running: int) -> None:
        """Note how many run; say it the first time that all of them have gone."""
        if self.were_up and not running and not self.was_said:
            self.was_said = True
            self.say(
                f"the {self.what} had nothing to do for {self.after} and were given back; "
                f"the next query takes them again"
            )
        self.were_up = self.were_up or running > 0
