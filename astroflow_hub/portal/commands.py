"""`astroflow users`: who may use what, and who uses what now."""

from __future__ import annotations

import json
import os
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import typer

from astroflow_core.errors import AstroFlowError
from astroflow_core.text_table import in_columns

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

app = typer.Typer(help="List who may use what, and who uses what now.")

URL_VARIABLE, TOKEN_VARIABLE = "JUPYTERHUB_API_URL", "JUPYTERHUB_API_TOKEN"
_COLUMNS = ("person", "groups", "may use", "runs now", "cores", "core hours")
_PATIENCE = 60  # seconds


@app.callback(invoke_without_command=True)
def users(
    *,
    search: Annotated[str, typer.Option(help="Only those with this in their name.")] = "",
    running: Annotated[bool, typer.Option("--running", help="Only those with a server.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """List persons: groups, profiles they may use, what runs now, core hours of this month.

    JUPYTERHUB_API_URL is the hub's API (http://127.0.0.1:8000/hub/api), JUPYTERHUB_API_TOKEN a
    token of an administrator, made on the hub's page Token.
    """
    found = [person for person in _people(os.environ, search) if person["server"] or not running]
    lines = map(json.dumps, found) if as_json else in_columns([_COLUMNS, *map(_row, found)])
    typer.echo("\n".join(lines))


def _row(person: Mapping[str, Any]) -> tuple[str, ...]:
    admin = " (admin)" if person["admin"] else ""
    return (
        f"{person['name']}{admin}",
        ", ".join(person["groups"]) or "-",
        ", ".join(person["profiles"]) or "-",
        ", ".join([person["server"], *person["clusters"]]) if person["server"] else "-",
        "-" if person["cores"] is None else f"{person['cores']:g}",
        f"{person['core_hours']:.2f}",
    )


def _people(environ: Mapping[str, str], search: str) -> Iterator[dict[str, Any]]:
    after: str | None = ""
    while after is not None:
        page = _get(environ, {"search": search, "after": after})
        yield from page["people"]
        after = page["next"]


def _get(environ: Mapping[str, str], query: Mapping[str, str]) -> Any:
    base, token = environ.get(URL_VARIABLE), environ.get(TOKEN_VARIABLE)
    if not base or not token or not base.startswith(("http://", "https://")):
        raise AstroFlowError(
            f"set {URL_VARIABLE} to the hub's API (http://127.0.0.1:8000/hub/api) and "
            f"{TOKEN_VARIABLE} to a token of an administrator, made on the hub's page Token"
        )
    url = f"{base.rstrip('/')}/astroflow/users?{urlencode(query)}"
    request = Request(url, headers={"Authorization": f"token {token}"})  # noqa: S310 (http only)
    try:
        with urlopen(request, timeout=_PATIENCE) as answer:  # noqa: S310
            return json.load(answer)
    except HTTPError as error:
        error.close()
        raise AstroFlowError(f"the hub at {base} {_refusal(error.code)}") from error
    except (URLError, OSError, ValueError) as error:
        raise AstroFlowError(f"the hub at {base} does not answer as a hub: {error}") from error


def _refusal(status: int) -> str:
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        return f"refuses: the token in {TOKEN_VARIABLE} is not an administrator's, or has expired"
    return f"answered {status}: is that its API, and is the portal installed?"
