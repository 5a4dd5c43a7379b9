"""What a server looks like: what differs is named, and a record gives it back."""

from __future__ import annotations

import stat
from pathlib import Path

import orjson
import pytest
from hypothesis import given

from kt_migrate.errors import JournalError
from kt_migrate.probing.record import (
    ProbePoint,
    ProbeRecord,
    Verdict,
    forget_probe,
    read_probe,
    write_probe,
)
from kt_migrate.probing.service import NAMES, Service, service_of
from probing.services import GOOD, OTHERS, services, subscription, with_


def record(server: Service = GOOD, **more: str) -> ProbeRecord:
    """Return a record."""
    return ProbeRecord(
        environment=more.get("environment", "mgr2"),
        environment_file="e" * 64,
        at=more.get("at", "2026-11-26T08:00:00+00:00"),
        plan="p" * 64,
        points=(
            ProbePoint(id="login", verdict=Verdict.MET, found="a token", needed="a token"),
            ProbePoint(id="scopes", verdict=Verdict.NOT_MET, found="rs", needed="crus"),
            ProbePoint(id="clock", verdict=Verdict.UNKNOWN, found="nothing", needed="60 s"),
            ProbePoint(id="delete", verdict=Verdict.NOT_MET, found="no d", needed=""),
        ),
        server=server,
    )


@pytest.mark.parametrize(("name", "value"), [(n, v) for n, o in OTHERS.items() for v in o])
def test_what_differs_is_named_in_words(name: str, value: object) -> None:
    """One thing other is that one thing, both ways round; None: it could be seen once only."""
    other = with_(name, value)
    named = (NAMES[name],) if other != GOOD and name != "search_limit" else ()

    assert GOOD.differences(other) == other.differences(GOOD) == named


def test_a_search_limit_differs_only_when_it_was_measured_twice() -> None:
    """A domain that grows begins to show it; that is no other server."""
    cut, endless = with_("search_limit", 2_200), with_("search_limit", 0)

    assert cut.differences(endless) == (NAMES["search_limit"],)
    assert GOOD.differences(cut) == ()
    assert len({GOOD.digest, cut.digest, endless.digest}) == 1


@pytest.mark.property
@given(services(), services())
def test_a_digest_is_equal_exactly_when_what_is_stated_does_not_differ(
    one: Service, other: Service
) -> None:
    """But for the search limit, which is measured."""
    named = set(one.differences(other)) - {NAMES["search_limit"]}

    assert (one.digest == other.digest) == (not named)


@pytest.mark.property
@given(services())
def test_a_service_comes_back_from_json_as_it_was(service: Service) -> None:
    """So that a run can hold what it sees against what the GO saw."""
    back = service_of(orjson.loads(orjson.dumps(service.as_json())))

    assert (back, back.digest) == (service, service.digest)


def test_a_record_comes_back_as_it_was(tmp_path: Path) -> None:
    """For its owner only, and byte for byte the same the next time."""
    whole = record(with_("subscriptions", (subscription(),)))
    path = write_probe(tmp_path, whole)
    first = path.read_bytes()
    write_probe(tmp_path, whole)

    assert path == tmp_path / "runs" / "mgr2" / "probe.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_bytes() == first
    assert read_probe(tmp_path, "mgr2") == whole
    assert [p.name for p in path.parent.iterdir()] == ["probe.json"]
    content = orjson.loads(first)
    assert set(content) == {
        "schema",
        "environment",
        "environment_file",
        "at",
        "plan",
        "points",
        "server",
        "server_digest",
    }
    assert content["points"][0] == {
        "id": "login",
        "verdict": "met",
        "found": "a token",
        "needed": "a token",
    }
    assert content["server_digest"] == whole.server.digest


def test_only_the_moment_differs_between_two_records_of_the_same() -> None:
    """Everything else is as it was seen."""
    one, later = record().as_json(), record(at="2026-11-26T09:00:00+00:00").as_json()

    assert {name for name in one if one[name] != later[name]} == {"at"}


def test_what_is_needed_decides_and_what_is_told_does_not() -> None:
    """Not met and unknown stand apart; neither is met."""
    made = record()

    assert [p.id for p in made.lacking] == ["scopes"]
    assert [p.id for p in made.unknown] == ["clock"]
    assert not made.met


def test_there_may_be_no_record(tmp_path: Path) -> None:
    """Also after it was taken back, twice."""
    assert read_probe(tmp_path, "mgr2") is None
    write_probe(tmp_path, record())
    forget_probe(tmp_path, "mgr2")
    forget_probe(tmp_path, "mgr2")

    assert read_probe(tmp_path, "mgr2") is None


def spoilt(path: Path, **changed: object) -> None:
    """Change a record behind our back."""
    path.write_bytes(orjson.dumps({**orjson.loads(path.read_bytes()), **changed}))


@pytest.mark.parametrize(
    "changed",
    [
        {"schema": "kt-migrate-probe/2"},
        {"environment": "prd2"},
        {"server_digest": "0" * 64},
        {"points": [{"id": "login"}]},
        {"points": [{"id": "a", "verdict": "fine", "found": "", "needed": ""}]},
        {"server": {}},
        {"server": None},
        {"more": 1},
    ],
)
def test_what_is_not_as_it_was_written_is_refused(
    tmp_path: Path, changed: dict[str, object]
) -> None:
    """A record of another environment, version or server is not read."""
    spoilt(write_probe(tmp_path, record()), **changed)

    with pytest.raises(JournalError, match="last probe"):
        read_probe(tmp_path, "mgr2")


@pytest.mark.parametrize("text", ["", "[]", "{", "1"])
def test_what_is_no_record_is_refused(tmp_path: Path, text: str) -> None:
    """Half a file, or another one."""
    write_probe(tmp_path, record()).write_text(text)

    with pytest.raises(JournalError):
        read_probe(tmp_path, "mgr2")
