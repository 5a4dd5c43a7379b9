"""What a token allows, in both syntaxes, and of whom."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kt_migrate.kt2.scopes import letters, origins


@pytest.mark.parametrize(
    ("scope", "granted"),
    [
        ("system/Task.cruds", "cruds"),
        ("system/Task.rs system/Task.u", "rsu"),
        ("system/*.r", "r"),
        ("system/Task.read", "rs"),
        ("system/Task.write", "cud"),
        ("system/Task.*", "cruds"),
        ("system/*.*", "cruds"),
        ("system/Task.cu?resource-origin=Device/1", "cu"),
        ("system/Patient.cruds", ""),
        ("user/Task.cruds patient/Task.cruds", ""),
        ("system/Task", ""),
        ("openid launch", ""),
        ("", ""),
    ],
)
def test_letters_are_read_in_both_syntaxes(scope: str, granted: str) -> None:
    """Several lines add up; another context or type does not count."""
    assert letters(scope, "Task") == frozenset(granted)


@pytest.mark.parametrize(
    ("scope", "letter", "found"),
    [
        ("system/Task.cruds", "r", None),
        ("system/*.read", "s", None),
        ("system/Task.r?resource-origin=Device/1,Device/2", "r", {"Device/1", "Device/2"}),
        ("system/Task.r?resource-origin=Device/1 system/Task.u", "r", {"Device/1"}),
        ("system/Task.r?resource-origin=Device/1 system/Task.u", "u", None),
        ("system/Task.r?resource-origin=Device/1 system/Task.r?resource-origin=Device/2", "r", {"Device/1", "Device/2"}),
        ("system/Task.r?resource-origin=Device/1 system/*.rs", "r", None),
        ("system/Task.r?status=ready", "r", set()),
        ("system/Task.r?resource-origin=", "r", set()),
        ("system/Patient.r", "r", set()),
        ("", "r", set()),
    ],
)  # fmt: skip
def test_origins_say_whose_resources(scope: str, letter: str, found: set[str] | None) -> None:
    """None is everybody's; any other limit is taken for one that lets nothing through."""
    assert origins(scope, "Task", letter) == found


@pytest.mark.property
@given(st.text(alphabet="system/Task.cruds?=-,1 *reod"), st.sampled_from("cruds"))
def test_what_has_an_origin_was_granted(scope: str, letter: str) -> None:
    """Whatever a scope says: nothing is allowed of anybody without its letter."""
    if letter not in letters(scope, "Task"):
        assert origins(scope, "Task", letter) == frozenset()
