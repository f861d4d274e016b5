"""The base of everything read from a file or the environment: frozen, nothing unknown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from astroflow_core.yaml_text import MAX_CHARACTERS, load_yaml

if TYPE_CHECKING:
    from pathlib import Path

    from astroflow_core.errors import AstroFlowError


class Model(BaseModel):
    """A frozen value that refuses keys it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @classmethod
    def read(cls, path: Path, failure: type[AstroFlowError]) -> Self:
        """Return the value that the YAML file at ``path`` describes.

        Raises ``failure``, naming the file and each field that is wrong.
        """
        try:
            return cls.model_validate(read_yaml(path, failure))
        except ValidationError as error:
            raise failure(f"{path}: {'; '.join(problems(error))}") from error


def problems(error: ValidationError) -> list[str]:
    """Return each problem as ``field: what is wrong``, without pydantic's links."""
    return [
        f"{'.'.join(str(part) for part in item['loc']) or '(whole file)'}: {_sentence(item)}"
        for item in error.errors(include_url=False)
    ]


def _sentence(item: Any) -> str:
    if item["type"] == "extra_forbidden":
        return "there is no such field"
    return str(item["msg"]).removeprefix("Value error, ")


def read_yaml(path: Path, failure: type[AstroFlowError]) -> Any:
    """Return what the YAML file at ``path`` holds, or raise ``failure`` naming the file."""
    try:
        with path.open(encoding="utf-8") as file:
            return load_yaml(file.read(MAX_CHARACTERS + 1))
    except (OSError, UnicodeDecodeError) as error:
        raise failure(f"{path}: cannot be read: {error}") from error
    except yaml.YAMLError as error:
        raise failure(f"{path}: not valid YAML: {error}") from error
