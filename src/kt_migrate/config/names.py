"""Names and kinds of values that both files share."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

DOMAIN_FILE = "kt-migrate.yaml"
ENVIRONMENTS = ("local", "acc21", "acc22", "mgr2", "prd2")

Text = Annotated[str, StringConstraints(min_length=1, strict=True)]
DOMAIN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
DomainName = Annotated[str, StringConstraints(pattern=f"^{DOMAIN_NAME.pattern}$")]
Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
EnvironmentName = Literal["local", "acc21", "acc22", "mgr2", "prd2"]


class Part(BaseModel):
    """A part of a file: an unknown key is refused, and no message shows a value."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)
