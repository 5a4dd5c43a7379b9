"""Our limits are what the profiles say."""

from __future__ import annotations

import json
from importlib import resources

import pytest

from profiles.make_limits import limits
from support import SHARED

CONSTRAINTS = SHARED / "profiles" / "kt2-constraints.json"


@pytest.mark.skipif(not CONSTRAINTS.is_file(), reason="the profiles are not on this machine")
def test_the_limits_are_generated_and_never_edited() -> None:
    """Regenerated from the profiles, the data is the same."""
    kept = resources.files("kt_migrate.conformance").joinpath("kt2-0.16.3.json").read_text("utf-8")

    made = limits(json.loads(CONSTRAINTS.read_text("utf-8")))

    assert json.loads(kept) == made
