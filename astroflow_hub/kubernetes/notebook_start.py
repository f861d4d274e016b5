"""Start a person's server in its pod: also where the home is full, and says so.

    python -m astroflow_hub.kubernetes.notebook_start COMMAND …

Runs in the image of the session, so it imports nothing that needs JupyterHub.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from astroflow_core.errors import AstroFlowError
from astroflow_core.session import SessionSettings
from astroflow_hub.demos import give_demos

if TYPE_CHECKING:
    from collections.abc import Mapping

HOME = Path("/home/jovyan")
DEMOS = Path(sys.prefix) / "share" / "astroflow" / "demo"
TEMPORARY = Path("/tmp/astroflow")  # noqa: S108 (a volume of the pod's own)
# The last words of a container, which the hub shows.
LAST_WORDS = Path("/dev/termination-log")
NOTICE = "HOME-IS-FULL.md"
ENOUGH = 2**20  # bytes that can be written; JupyterLab needs some hundred KiB
_TEXT = """# Your home is full

{used} of {size} are used, and nothing more can be written to `/home/jovyan`.
Your server runs all the same: you can read and delete, but not save.

**To make room**, open a terminal (File > New > Terminal) and look for what is large:

    du -ah ~ | sort -rh | head -20

Delete what you do not need (`rm FILE`), and empty the bin: `rm -rf ~/.local/share/Trash`.
Results that can be computed again, and `.ipynb_checkpoints`, are good candidates.
Then stop your server and start it again (File > Hub Control Panel).

If you need more room, ask the administrator of this hub for a larger home.
"""


def main() -> None:
    """Prepare the environment, then become the command."""
    command = sys.argv[1:]
    try:
        environ = session_environ(os.environ, HOME, TEMPORARY)
    except AstroFlowError as error:
        _say_last(str(error))
        sys.exit(f"astroflow: {error}")
    with suppress(OSError):  # a server without demos is better than none
        give_demos(HOME, DEMOS)
    os.execvpe(command[0], command, environ)  # noqa: S606


def session_environ(environ: Mapping[str, str], home: Path, temporary: Path) -> dict[str, str]:
    """Return the environment of the server: where things are, and where it may write.

    Raises
    ------
    AstroFlowError
        When a catalogue of the session is missing or not valid.
    """
    paths = SessionSettings.from_environ(environ).paths_to_environ()
    # What a server writes while it runs is of no use later, and must not fail.
    runtime = {"JUPYTER_RUNTIME_DIR": str(temporary / "runtime")}
    found = {**paths, **environ, **runtime}
    notice = home / NOTICE
    if can_write(home):
        notice.unlink(missing_ok=True)
        return found
    return {**found, **_without_home(home, temporary), **_tell(notice, temporary)}


def can_write(folder: Path) -> bool:
    """Tell whether a MiB can be written to ``folder``: quotas are not seen otherwise."""
    probe = folder / ".astroflow-probe"
    try:
        with probe.open("wb") as file:
            file.write(bytes(ENOUGH))
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        return False
    finally:
        with suppress(OSError):
            probe.unlink(missing_ok=True)
    return True


def _without_home(home: Path, temporary: Path) -> dict[str, str]:
    """Return the variables by which Jupyter writes nothing to the home, and still reads there."""
    config = home / ".jupyter"
    return {
        "JUPYTER_CONFIG_DIR": str(temporary / "config"),
        "JUPYTER_CONFIG_PATH": str(config),
        "JUPYTERLAB_SETTINGS_DIR": str(config / "lab" / "user-settings"),
        "JUPYTER_DATA_DIR": str(temporary / "data"),
        "JUPYTER_PATH": str(home / ".local" / "share" / "jupyter"),
        "IPYTHONDIR": str(temporary / "ipython"),
        "XDG_CACHE_HOME": str(temporary / "cache"),
        "MPLCONFIGDIR": str(temporary / "matplotlib"),
    }


def _tell(notice: Path, temporary: Path) -> dict[str, str]:
    """Put a notice into the full home, and have JupyterLab open it."""
    status = os.statvfs(notice.parent)
    size, free = status.f_frsize * status.f_blocks, status.f_frsize * status.f_bavail
    text = temporary / NOTICE
    text.parent.mkdir(parents=True, exist_ok=True)
    text.write_text(_TEXT.format(used=_show(size - free), size=_show(size)), encoding="utf-8")
    with suppress(OSError):
        # A link needs no room: its text lies elsewhere.
        notice.unlink(missing_ok=True)
        notice.symlink_to(text)
    if not notice.exists():
        return {}
    return {"JUPYTERHUB_DEFAULT_URL": f"/lab/tree/{NOTICE}"}


def _show(size: int) -> str:
    return f"{size / 2**30:.3g} GiB" if size >= 2**30 else f"{size / 2**20:.3g} MiB"


def _say_last(text: str) -> None:
    with suppress(OSError):
        LAST_WORDS.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
