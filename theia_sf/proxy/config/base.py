"""What every section of the configuration file has in common."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo

FOLDER_KEY = "folder"
"""The folder of the configuration file, in the context that the models are validated with."""


class Section(BaseModel):
    """A section: a key that it does not know is an error, and its values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


def _beside_the_file(path: Path, info: ValidationInfo) -> Path:
    context: dict[str, str] = info.context or {}
    folder = context.get(FOLDER_KEY)
    try:
        path = path.expanduser()
    except RuntimeError as error:
        message = "begins with `~` and a user whose home folder is not known"
        raise ValueError(message) from error
    return Path(folder) / path if folder is not None else path


FilePath = Annotated[Path, AfterValidator(_beside_the_file)]
"""A path; a relative one is relative to the folder of the configuration file."""

Port = Annotated[int, Field(ge=0, le=65535)]
"""A TCP port to listen on; 0 takes a free one."""

RemotePort = Annotated[int, Field(ge=1, le=65535)]
"""A TCP port of another machine's."""

Seconds = Annotated[float, Field(gt=0, le=7 * 24 * 3600)]
