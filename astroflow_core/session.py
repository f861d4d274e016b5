"""The contract between hub and notebook: what a session is given, in its environment.

The hub calls `SessionSettings.to_environ`, the helpers in the notebook
`SessionSettings.from_environ`; nothing else travels between them.
"""

from __future__ import annotations

import json
import re
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field, ValidationError, field_validator, model_validator

from astroflow_core.catalogue import OWN_DATABASE, Catalogue, Database, Table, did_you_mean
from astroflow_core.errors import CatalogueError, SessionError
from astroflow_core.idle import IdleTimes
from astroflow_core.model import Model, problems
from astroflow_core.mounts import in_time
from astroflow_core.own_database import HOME_FOLDER, OwnDatabase

if TYPE_CHECKING:
    from collections.abc import Mapping

PREFIX = "ASTROFLOW_"
# What a pod takes beside the memory that Spark or Dask is told of (Spark's own share for
# Python work); at least the minimum.
OVERHEAD = 0.4
MIN_OVERHEAD = 384 * 2**20
_UNITS = {"k": 2**10, "m": 2**20, "g": 2**30, "t": 2**40}


def memory_bytes(size: str) -> int:
    """Return the bytes of a size as Spark writes it.

    >>> memory_bytes("7g")
    7516192768
    """
    match = re.fullmatch(r"([1-9][0-9]*)([kmgt])", size)
    if match is None:
        raise ValueError(f"{size!r} is no memory size; write a whole number and k, m, g or t: '7g'")
    return int(match[1]) * _UNITS[match[2]]


class ClusterSize(Model):
    """How large a cluster is: ``pods`` executors or workers, each with cores and memory.

    On Kubernetes each pod is guaranteed ``guarantee`` CPUs, as many as its cores unless given.
    """

    pods: int = Field(default=1, gt=0)
    cores: int = Field(default=1, gt=0)
    memory: str = "1g"
    guarantee: float | None = Field(default=None, gt=0, allow_inf_nan=False)

    @field_validator("memory")
    @classmethod
    def _is_a_size(cls, value: str) -> str:
        memory_bytes(value)
        return value

    @model_validator(mode="after")
    def _is_guaranteed_what_it_has(self) -> ClusterSize:
        if self.guarantee is not None and self.guarantee > self.cores:
            raise ValueError(
                f"guarantee {self.guarantee:g} is more than cores {self.cores}: no pod is "
                f"guaranteed more CPUs than it may use"
            )
        return self

    @property
    def pod_memory(self) -> int:
        """The bytes of memory of each pod, with what it takes beside ``memory``."""
        told = memory_bytes(self.memory)
        return told + max(int(told * OVERHEAD), MIN_OVERHEAD)

    @property
    def cpu(self) -> float:
        """The CPUs that each pod is guaranteed."""
        return self.guarantee or self.cores


class SessionSettings(Model):
    """Everything the helpers in a notebook need to know."""

    catalogues: tuple[Path, ...] = Field(min_length=1)
    engine: Literal["local", "kubernetes"] = "local"
    default_database: str | None = None
    spark: ClusterSize = ClusterSize()
    dask: ClusterSize = ClusterSize()
    cache_dir: Path = Path("~/.cache/astroflow")
    # Where a person's own tables are; None for a folder of their home.
    tables_dir: Path | None = None
    idle: IdleTimes = IdleTimes()
    # On Kubernetes: the seconds within which the first executor or worker has to be up.
    patience: float = 300

    def to_environ(self) -> dict[str, str]:
        """Return the environment that `from_environ` turns back into equal settings.

        A database that names a ``variable`` also has its path there, for notebooks that
        read the files themselves.
        """
        return {**self.paths_to_environ(), **self.settings_to_environ()}

    def settings_to_environ(self) -> dict[str, str]:
        """Return the settings alone, as a hub writes them that does not see the catalogues."""
        dumped = self.model_dump(mode="json", exclude_none=True)
        return {PREFIX + name.upper(): _to_text(value) for name, value in dumped.items()}

    def paths_to_environ(self) -> dict[str, str]:
        """Return the paths of databases that name a ``variable``."""
        environ: dict[str, str] = {}
        for database in (d for c in self.open_catalogues() for d in c.databases):
            if database.variable:
                environ.setdefault(database.variable, str(database.path))
        return environ

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> SessionSettings:
        """Read the settings of this session.

        Raises
        ------
        SessionError
            When a variable is missing or not valid; the message names it.
        """
        values = {
            name: _from_text(PREFIX + name.upper(), environ[PREFIX + name.upper()])
            for name in cls.model_fields
            if PREFIX + name.upper() in environ
        }
        if "catalogues" not in values:
            raise SessionError(
                f"this session has no {PREFIX}CATALOGUES: start the notebook from AstroFlow Hub, "
                f'or set it to a JSON list of catalogue folders, such as ["/data/gaia-dr3"]'
            )
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            raise SessionError(
                f"{PREFIX}… in the environment: {'; '.join(problems(error))}"
            ) from error

    def open_catalogues(self) -> tuple[Catalogue, ...]:
        """Open every catalogue of the session.

        Raises
        ------
        CatalogueError
            When one of them is missing or not valid, or its mount does not answer.
        """
        return tuple(in_time(partial(Catalogue.open, root), root) for root in self.catalogues)

    def own_database(self) -> OwnDatabase:
        """Return the database of the person's own tables, as it is now."""
        return OwnDatabase((self.tables_dir or HOME_FOLDER).expanduser())

    def open_table(self, name: str) -> Table:
        """Return a table by ``table`` (in the default database) or ``database.table``.

        Where two catalogues have a database of one name, the first catalogue's is meant.

        Raises
        ------
        CatalogueError
            When there is no such database or table, or its folder is not here.
        """
        catalogues = self.open_catalogues()
        databases: dict[str, Database] = {}
        for database in (d for catalogue in catalogues for d in catalogue.databases):
            databases.setdefault(database.name, database)
        databases[OWN_DATABASE] = self.own_database()
        wanted, _, table = name.rpartition(".")
        wanted = wanted or self.default_database or catalogues[0].default_database
        if wanted.lower() not in databases:
            raise CatalogueError(f"no database {wanted!r}{did_you_mean(wanted, databases)}")
        return databases[wanted.lower()].table(table)


def _to_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _from_text(variable: str, text: str) -> Any:
    if not text.startswith(("[", "{")):
        return text
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise SessionError(f"{variable} in the environment is no JSON: {error}") from error
