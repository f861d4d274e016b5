"""A person's home on this machine: its name and its folder."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from escapism import is_valid_object_name

from astroflow_hub.demos import give_demos

if TYPE_CHECKING:
    from pathlib import Path


def safe_name(user_name: str) -> str:
    """Return a name for ``user_name`` that is safe as folder and as Kubernetes object.

    A plain name (lower case, digits, hyphens) stays as it is; any other becomes what is
    readable of it, and 128 bits of its hash, so that no two persons share one. (The hash of
    `escapism.safe_slug` has 32 bits, few enough to find a second name for.)

    >>> safe_name("hypatia")
    'hypatia'
    >>> safe_name("../Hypatia")
    'hypatia---2c9b8adfd4e0dbbd6d50ca4dc4a3b6b8'
    """
    if is_valid_object_name(user_name) and "--" not in user_name:
        return user_name
    readable = "".join(c if c.isascii() and c.isalnum() else "-" for c in user_name.lower())
    words = "-".join(word for word in readable.split("-") if word)[:24].strip("-")
    first = "" if words[:1].isalpha() else "x-"
    digest = hashlib.sha256(user_name.encode()).hexdigest()[:32]
    return f"{first}{words or 'x'}---{digest}"


def make_home(home: Path, demos: Path) -> None:
    """Make ``home``, closed to other system users, and give it the demos it never had."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    give_demos(home, demos)
