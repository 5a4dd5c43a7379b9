"""Who logs in, in the tests of the load: with a key that is made at once."""

from __future__ import annotations

from pathlib import Path

import pytest
from joserfc.jwk import ECKey

from kt_migrate.kt2.login import Credentials
from load.starting import Start, start_in
from support import CLIENT


@pytest.fixture(scope="session")
def credentials() -> Credentials:
    """Return who logs in."""
    key = ECKey.generate_key("P-384")
    return Credentials(client_id=CLIENT, key=key, kid="k1", algorithm="ES384")


@pytest.fixture
def start(tmp_path: Path) -> Start:
    """Return a working folder with a plan of five patients and their tasks."""
    return start_in(tmp_path, *"abcde")
