"""Passwords: from a descriptor, the keyring or a person; never from elsewhere, asked once."""

from __future__ import annotations

import getpass
import os
import sys
import types

import pytest

from kt_migrate.cli import passwords as cli
from kt_migrate.errors import UsageError

SECRET = "heel geheim"


def descriptor(content: bytes) -> int:
    """Return a file descriptor with something to read."""
    reader, writer = os.pipe()
    with os.fdopen(writer, "wb") as file:
        file.write(content)
    return reader


@pytest.fixture
def keyring(monkeypatch: pytest.MonkeyPatch) -> dict[tuple[str, str], str]:
    """Return what stands in the keyring (the operating system's, so that no real one is asked)."""
    content: dict[tuple[str, str], str] = {}
    errors = types.ModuleType("keyring.errors")
    errors.KeyringError = RuntimeError  # type: ignore[attr-defined]  # a module made here
    fake = types.ModuleType("keyring")
    fake.get_password = lambda service, name: content.get((service, name))  # type: ignore[attr-defined]  # the same
    monkeypatch.setitem(sys.modules, "keyring", fake)
    monkeypatch.setitem(sys.modules, "keyring.errors", errors)
    return content


@pytest.fixture
def person(monkeypatch: pytest.MonkeyPatch, keyring: dict[tuple[str, str], str]) -> list[str]:
    """Return the questions that a person at a terminal got."""
    assert keyring == {}
    asked: list[str] = []
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)

    def answer(question: str) -> str:
        asked.append(question)
        return SECRET

    monkeypatch.setattr(getpass, "getpass", answer)
    return asked


@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n"])
def test_a_descriptor_gives_one_password_for_all(end: bytes) -> None:
    """Without the line end that a shell adds; blanks in it are its own."""
    found = cli.passwords_of(descriptor(b" pass word " + end))

    assert [found("a.zip"), found("b.age")] == [" pass word "] * 2


@pytest.mark.parametrize("content", [b"", b"\n", b"\xff"])
def test_a_descriptor_without_a_password_is_a_mistake(content: bytes) -> None:
    """Nothing, or no UTF-8; and the error does not show it."""
    with pytest.raises(UsageError):
        cli.passwords_of(descriptor(content))


def test_a_descriptor_that_is_not_open_is_a_mistake() -> None:
    """What, where, fix."""
    with pytest.raises(UsageError):
        cli.passwords_of(987)


def test_the_keyring_comes_before_the_person(
    keyring: dict[tuple[str, str], str], person: list[str]
) -> None:
    """By the container's name; nobody is asked what the keyring knows."""
    keyring["kt-migrate", "a.zip"] = "uit de sleutelring"
    found = cli.passwords_of()

    assert found("a.zip") == "uit de sleutelring"
    assert person == []
    assert found("b.zip") == SECRET
    assert len(person) == 1


def test_a_person_is_asked_once_per_container(person: list[str]) -> None:
    """An archive is read more than once: for its digest, and for its messages."""
    found = cli.passwords_of()

    assert [found("a.zip"), found("a.zip")] == [SECRET, SECRET]
    assert len(person) == 1
    assert "a.zip" in person[0]
    assert SECRET not in repr(found)


def test_without_terminal_or_keyring_there_is_no_password(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A script never hangs on a question."""
    monkeypatch.setitem(sys.modules, "keyring", None)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: False, raising=False)
    monkeypatch.setattr(getpass, "getpass", lambda _question: pytest.fail("asked"))

    assert cli.passwords_of()("a.zip") is None
