"""Our versions of JupyterHub's pages, for ``c.JupyterHub.template_paths``."""

from pathlib import Path

TEMPLATES = str(Path(__file__).parent / "templates" / "hub")
