"""A private key is for its owner only, and is never overwritten or given away."""

from __future__ import annotations

from pathlib import Path

import pytest

from kt_migrate.errors import ConfigurationError
from kt_migrate.kt2.keys import Key, load_key, new_key, public_jwks


def test_a_key_that_others_may_read_is_refused(folder: Path) -> None:
    """And says how to correct it; a key is never overwritten."""
    path = folder / "keys" / "local.pem"
    before = path.read_bytes()
    with pytest.raises(ConfigurationError):
        new_key(path, "ES384")
    assert path.read_bytes() == before
    path.chmod(0o644)

    with pytest.raises(ConfigurationError) as caught:
        load_key(path)

    assert caught.value.fix.startswith("chmod 600")


def test_the_jwks_holds_the_public_half_only(tmp_path: Path, fresh: Path) -> None:
    """RSA and EC."""
    new_key(tmp_path / "k.pem", "ES384")
    keys: dict[str, Key] = {
        "ES384": load_key(tmp_path / "k.pem"),
        "RS512": load_key(fresh / "keys" / "local.pem"),
    }
    for algorithm, key in keys.items():
        (public,) = public_jwks(key, "kid-1", algorithm)["keys"]

        assert (public["kid"], public["use"], public["alg"]) == ("kid-1", "sig", algorithm)
        assert not {"d", "p", "q", "dp", "dq", "qi"} & public.keys()


def test_what_is_no_key_is_refused(tmp_path: Path) -> None:
    """Absent, or something else."""
    path = tmp_path / "k.pem"
    with pytest.raises(ConfigurationError):
        load_key(path)
    path.write_text("geen sleutel")
    path.chmod(0o600)
    with pytest.raises(ConfigurationError):
        load_key(path)
