"""The `astroflow` command: gathers the commands that the installed packages declare.

A package adds its own by an entry point in the group ``astroflow.commands``, so that none of
them imports another.
"""

from __future__ import annotations

import sys
from importlib.metadata import entry_points

import typer

from astroflow_core.errors import AstroFlowError


def build_app() -> typer.Typer:
    """Return the command line with every declared command group."""
    app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, add_completion=False)

    @app.callback()
    def root() -> None:
        """Run AstroFlow Hub: profiles for people, data for everyone."""

    for entry in sorted(entry_points(group="astroflow.commands"), key=lambda e: e.name):
        app.add_typer(entry.load(), name=entry.name)
    return app


def main() -> None:
    """Run the command line; a person's mistake is one message and exit code 1."""
    try:
        build_app()()
    except AstroFlowError as error:
        print(f"astroflow: {error}", file=sys.stderr)  # noqa: T201
        raise SystemExit(1) from None
