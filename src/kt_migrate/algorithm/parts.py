"""What every section of an algorithm is made of."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]*$", strict=True)]
Text = Annotated[str, StringConstraints(min_length=1, strict=True)]


class Part(BaseModel):
    """A section: frozen, and without keys that nobody knows."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)
