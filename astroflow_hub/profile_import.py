"""Turn a KubeSpawner ``profile_list`` into profiles, naming whatever cannot be carried over."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter, ValidationError

from astroflow_core.errors import ProfileError
from astroflow_core.model import problems, read_yaml
from astroflow_core.server import Toleration, Variable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

LIST_NAMES = ("profile_list", "profileList")
_UNITS = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}
# KubeSpawner's name of a setting → where it goes in a profile.
_CPU = {"cpu_guarantee": "guarantee", "cpu_limit": "limit"}
_MEMORY = {"mem_guarantee": "guarantee", "mem_limit": "limit"}


def read_profile_list(path: Path) -> list[Any]:
    """Return the ``profile_list`` that a YAML, JSON or Python file holds.

    A Python file is read, never run: the list has to be written out in it. A YAML or JSON
    file may be the list itself, or hold it somewhere under ``profile_list`` or ``profileList``.

    Raises
    ------
    ProfileError
        When the file cannot be read, or holds no such list.
    """
    contents = _read_python(path) if path.suffix == ".py" else read_yaml(path, ProfileError)
    found = contents if isinstance(contents, list) else next(_lists_in(contents), None)
    if found is None:
        raise ProfileError(f"{path}: there is no list called {' or '.join(LIST_NAMES)} in it")
    return found


def _read_python(path: Path) -> Any:
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except (OSError, SyntaxError, ValueError) as error:
        raise ProfileError(f"{path}: cannot be read: {error}") from error
    for node in tree.body:
        if value := _list_node(node):
            try:
                return ast.literal_eval(value)
            except ValueError as error:
                raise ProfileError(
                    f"{path}, line {value.lineno}: the list is computed, and Python files are "
                    f"not run: write the list out, or give it as YAML or JSON"
                ) from error
    return None


def _list_node(node: ast.stmt) -> ast.expr | None:
    """Return what is assigned to a profile list, or an expression that stands alone."""
    if isinstance(node, ast.Assign):
        target = node.targets[0]
        name = target.attr if isinstance(target, ast.Attribute) else getattr(target, "id", None)
        return node.value if name in LIST_NAMES else None
    return node.value if isinstance(node, ast.Expr) and isinstance(node.value, ast.List) else None


def _lists_in(contents: Any) -> Iterator[list[Any]]:
    if isinstance(contents, dict):
        for name, value in contents.items():
            if name in LIST_NAMES and isinstance(value, list):
                yield value
            yield from _lists_in(value)


@dataclass(slots=True)
class Importer:
    """Converts profiles one by one, and collects in ``notes`` what it leaves behind."""

    catalogues: tuple[str, ...]
    notes: list[str] = field(default_factory=list)

    def profile(self, raw: Any, position: int) -> dict[str, Any]:
        """Return the fields of a profile.

        Raises
        ------
        ProfileError
            When ``raw`` is no mapping with a ``display_name``.
        """
        if not isinstance(raw, dict) or not raw.get("display_name"):
            raise ProfileError(f"profile {position} of the list has no display_name")
        rest = dict(raw)
        name = str(rest.pop("display_name"))
        slug = self._slug(str(rest.pop("slug", None) or name), name)
        description = str(rest.pop("description", ""))
        if re.search(r"<\w|&\w+;", description):
            self._note(slug, "description", "is HTML; it is shown as plain text here")
        fields = {
            "slug": slug,
            "display_name": name,
            "description": description,
            "default": bool(rest.pop("default", False)),
            "catalogues": list(self.catalogues),
            **self._server(slug, rest.pop("kubespawner_override", None) or {}),
            "options": self._options(slug, rest.pop("profile_options", None) or {}),
        }
        self._leave(slug, "", rest)
        return {key: value for key, value in fields.items() if value not in ("", {}, False)}

    def _options(self, slug: str, options: Mapping[str, Any]) -> dict[str, Any]:
        made = {}
        for name, option in options.items():
            if option.get("choices"):
                key = self._slug(name, f"{slug}: option")
                made[key] = self._option(f"{slug}: {name}", option)
            else:
                self._leave(slug, "profile_options.", {name: option})
        return made

    def _option(self, place: str, raw: Mapping[str, Any]) -> dict[str, Any]:
        rest = dict(raw)
        label = str(rest.pop("display_name", place.rpartition(" ")[2]))
        choices = rest.pop("choices")
        self._leave(place, "", rest)
        return {
            "display_name": label,
            "choices": {
                self._slug(name, f"{place}: choice"): self._choice(f"{place}: {name}", choice)
                for name, choice in choices.items()
            },
        }

    def _choice(self, place: str, raw: Mapping[str, Any]) -> dict[str, Any]:
        rest = dict(raw)
        choice = {"display_name": str(rest.pop("display_name", place.rpartition(" ")[2]))}
        if description := rest.pop("description", None):
            choice["description"] = str(description)
        default = {"default": True} if rest.pop("default", False) else {}
        server = self._server(place, rest.pop("kubespawner_override", None) or {})
        self._leave(place, "", rest)
        return {**choice, **default, **server}

    def _server(self, place: str, override: Mapping[str, Any]) -> dict[str, Any]:
        """Return the fields of a server that a ``kubespawner_override`` sets."""
        rest = {name: value for name, value in override.items() if value is not None}
        server: dict[str, Any] = {}
        for name in ("image", "node_selector"):
            if name in rest:
                server[name] = rest.pop(name)
        cpu = {ours: self._cores(place, n, rest.pop(n)) for n, ours in _CPU.items() if n in rest}
        memory = {
            ours: self._memory(place, name, rest.pop(name))
            for name, ours in _MEMORY.items()
            if name in rest
        }
        environment = self._environment(place, rest.pop("environment", {}))
        if "tolerations" in rest:
            server["tolerations"] = self._tolerations(place, rest.pop("tolerations"))
        self._leave(place, "kubespawner_override.", rest)
        made = {**server, "cpu": cpu, "memory": memory, "environment": environment}
        return {name: _without_none(value) for name, value in made.items() if _without_none(value)}

    def _tolerations(self, place: str, raw: Sequence[Any]) -> list[Any]:
        kept = []
        for toleration in raw:
            try:
                Toleration.model_validate(toleration)
                kept.append(toleration)
            except ValidationError as error:
                self._note(place, "tolerations", f"{'; '.join(problems(error))}; left out")
        return kept

    def _cores(self, place: str, name: str, value: Any) -> float | None:
        try:
            return float(value)
        except (TypeError, ValueError):
            self._note(place, name, f"{value!r} is no number of cores; left out")
            return None

    def _memory(self, place: str, name: str, value: Any) -> str | None:
        match = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)([KMGT]?)", str(value))
        if match is None:
            self._note(place, name, f"{value!r} is no size such as 8G; left out")
            return None
        size = float(match[1]) * _UNITS[match[2]]
        kibibytes = -int(-size // 2**10)
        if kibibytes * 2**10 != size:
            self._note(place, name, f"{value!r} is rounded up to whole kibibytes")
        return _whole_size(kibibytes)

    def _environment(self, place: str, environment: Any) -> dict[str, str]:
        kept: dict[str, str] = {}
        for name, value in dict(environment or {}).items():
            if not isinstance(value, str | int | float):
                self._note(place, f"environment.{name}", f"{value!r} is no text; left out")
            elif wrong := _wrong_variable(name):
                self._note(place, f"environment.{name}", f"{wrong}; left out")
            else:
                kept[name] = str(value)
            if "{" in str(value):
                self._note(place, f"environment.{name}", "braces are not expanded here")
        return kept

    def _slug(self, wanted: str, place: str) -> str:
        slug = re.sub(r"[^a-z0-9]+", "-", wanted.lower())[:63].strip("-")
        if not slug:
            raise ProfileError(f"{place}: {wanted!r} holds no letter or digit to make a slug of")
        if wanted not in (slug, place):
            self._note(place, "slug", f"{wanted!r} becomes {slug!r}")
        return slug

    def _leave(self, place: str, prefix: str, rest: Mapping[str, Any]) -> None:
        for name, value in rest.items():
            self._note(place, f"{prefix}{name}", f"{value!r} has no place in a profile; left out")

    def _note(self, place: str, name: str, what: str) -> None:
        self.notes.append(f"{place}: {name}: {what}")


def import_profiles(
    raw: Sequence[Any], catalogues: tuple[str, ...]
) -> tuple[list[dict[str, Any]], list[str]]:
    """Return the fields of the profiles, and a note on each thing that was left or changed.

    Raises
    ------
    ProfileError
        When an entry is no profile.
    """
    importer = Importer(catalogues)
    profiles = [importer.profile(entry, number) for number, entry in enumerate(raw, start=1)]
    return profiles, importer.notes


def _whole_size(kibibytes: int) -> str:
    for unit, step in (("t", 2**30), ("g", 2**20), ("m", 2**10)):
        if kibibytes % step == 0:
            return f"{kibibytes // step}{unit}"
    return f"{kibibytes}k"


def _wrong_variable(name: str) -> str:
    try:
        TypeAdapter(Variable).validate_python(name)
    except ValidationError as error:
        return problems(error)[0].removeprefix("(whole file): ")
    return ""


def _without_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: inner for name, inner in value.items() if inner is not None}
    return value
