"""Our data of the profiles is what their packages say, and is never edited."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kt_migrate.conformance import known_versions
from make_profiles import FOLDER, R4_FILE, make, text
from support import SHARED

PROFILES = SHARED / "profiles"
CLOSURE = PROFILES / "nictiz" / "nictiz-closure-0.12.0-beta.4.tgz"
PACKAGES = sorted((PROFILES / "koppeltaalv2.00").glob("koppeltaalv2.00-*[0-9].tgz"))


@pytest.mark.skipif(not CLOSURE.is_file(), reason="the profiles are not on this machine")
@pytest.mark.parametrize("package", PACKAGES, ids=lambda path: path.stem)
def test_the_data_is_generated_and_never_edited(package: Path) -> None:
    """Made again from the package, it is the same; and nothing more of R4 is needed."""
    known = json.loads(FOLDER.joinpath(R4_FILE).read_text("utf-8"))

    made, r4 = make(package, [CLOSURE], None, known)

    kept = FOLDER / f"koppeltaalv2.00-{made['version']}.json"
    assert kept.read_text("utf-8") == text(made)
    assert FOLDER.joinpath(R4_FILE).read_text("utf-8") == text(r4)
    assert made["version"] in known_versions()


@pytest.mark.skipif(not CLOSURE.is_file(), reason="the profiles are not on this machine")
def test_there_is_a_package_to_compare_with() -> None:
    """Otherwise the test above would say nothing."""
    assert PACKAGES
