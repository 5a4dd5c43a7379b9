"""Bounds of an archive as a person writes them: in kt-migrate.yaml, or after --limit."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from kt_migrate.errors import UsageError, said
from kt_migrate.problems import told

_UNITS = {"B": 0, "KIB": 10, "MIB": 20, "GIB": 30, "TIB": 40}
_SIZE = re.compile(r"([1-9][0-9]{0,17}) ?([A-Za-z]+)")
_DIGITS = re.compile(r"[0-9]{1,18}")
MOST = 2**53
"""More is a typing error: it is petabytes."""


def _bytes(value: object) -> object:
    """Turn `64 MiB` into its bytes; what is no such text goes on as it is."""
    if not isinstance(value, str):
        return value
    found = _SIZE.fullmatch(value)
    if found is None or found[2].upper() not in _UNITS:
        raise ValueError(said("give a number of bytes, or with a unit: 64 MiB"))
    return int(found[1]) << _UNITS[found[2].upper()]


Count = Annotated[int, Field(ge=1, le=MOST, strict=True)]
Size = Annotated[Count, BeforeValidator(_bytes)]
Depth = Annotated[int, Field(ge=1, le=250, strict=True)]
"""Every folder within a folder costs calls within calls."""


class Bounds(BaseModel):
    """`limits` of kt-migrate.yaml: the same names and defaults as `archive.limits.Limits`."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    max_file_bytes: Size = 32 * 1024 * 1024
    max_entries: Count = 2_000_000
    max_container_bytes: Size = 64 * 1024 * 1024 * 1024
    max_container_memory: Size = 1024 * 1024 * 1024
    max_ratio: Count = 200
    max_stream_ratio: Count = 1000
    ratio_floor: Size = 64 * 1024
    max_depth: Depth = 64


def with_options(bounds: Bounds, options: Sequence[str]) -> Bounds:
    """Return bounds in which `NAME=VALUE` of the command line goes before what the file says.

    Raises:
        UsageError: no such name, or no such value.
    """
    given = dict(_named(option) for option in options)
    try:
        return Bounds.model_validate({**bounds.model_dump(), **given})
    except ValidationError as error:
        problem = error.errors()[0]
        raise UsageError(
            said("This limit cannot be: {problem}.", problem=told(problem)),
            where=f"--limit {problem['loc'][0]}",
            fix=said(
                "Write --limit NAME=VALUE; there are {names}.", names=", ".join(Bounds.model_fields)
            ),
        ) from None


def _named(option: str) -> tuple[str, object]:
    name, _equals, value = option.partition("=")
    return name, int(value) if _DIGITS.fullmatch(value) else value
