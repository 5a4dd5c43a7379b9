"""What an archive says of its messages, and whether the buffer was empty."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from histories import Copy, document, thing
from looking import looked

from kt_migrate.history import seen_messages
from kt_migrate.history.seen_messages import REST, ControlList
from kt_migrate.model import Form, Issue


def test_messages_are_counted_once_whatever_their_copies() -> None:
    """Per event, sender and domain; the most frequent first. A refused document is none."""
    found = looked(
        Copy("a", event="E", sender="", domain="", iid=1),
        Copy("a", event="E", sender="S", domain="D", form=Form.SENDER),
        Copy("b", event="F"),
        Copy("c", event="F", sender="S"),
        document(kind="", issues=[Issue(code="file-unreadable")]),
    )

    assert list(found.messages.events.items()) == [("F", 2), ("E", 1)]
    assert list(found.messages.senders.items()) == [("S", 2), ("", 1)]
    assert list(found.messages.domains.items()) == [("", 2), ("D", 1)]
    assert (found.messages.total, found.messages.copies) == (3, 1)
    assert found.documents == {"queue-message": 4, "unreadable": 1}


def test_a_search_is_a_document_and_no_message() -> None:
    """It has no header: no event, sender, moment or status that could be missing."""
    search = Copy("search:1", [thing()], form=Form.SEARCH, event="ActivityDefinitionSearch")
    found = looked(search, Copy("m", status="Success"))

    assert (found.messages.total, found.messages.copies) == (1, 0)
    assert found.messages.events == {"Event": 1}
    assert found.control_list.buffer_empty is True
    assert looked(search).messages.events == {}
    assert looked(search).control_list.buffer_empty is None


@pytest.mark.parametrize(
    ("timestamps", "oldest", "newest", "months"),
    [
        (["", ""], "", "", {"": 2}),
        (["x", "2021", "Jansen"], "", "", {"": 3}),
        (
            ["2021-12-31T23:59:59Z", "", "2020-02-01T00:00:00+01:00", "2021-12-01"],
            "2020-02-01",
            "2021-12-31",
            {"": 1, "2020-02": 1, "2021-12": 2},
        ),
    ],
)
def test_days_and_months_are_the_senders_own(
    timestamps: Sequence[str], oldest: str, newest: str, months: dict[str, int]
) -> None:
    """Cut, never converted; what is no day is none, and is not shown."""
    found = looked(*(Copy(f"m{n}", timestamp=t) for n, t in enumerate(timestamps))).messages
    assert (found.oldest, found.newest) == (oldest, newest)
    assert list(found.months.items()) == sorted(months.items())


def test_events_are_counted_per_month() -> None:
    """A message has one month: the first day that a copy gives."""
    found = looked(
        Copy("a", event="E", timestamp="2021-02-01", iid=1),
        Copy("a", event="E", timestamp="2021-01-31", iid=2),
        Copy("b", event="E", timestamp="2021-01-01"),
        Copy("c", event="F", timestamp="2021-02-01"),
        Copy("d", event="F"),
    ).messages
    assert found.events_per_month == {"": {"F": 1}, "2021-01": {"E": 2}, "2021-02": {"F": 1}}
    assert list(found.events_per_month) == ["", "2021-01", "2021-02"]


def test_names_and_months_beyond_a_number_are_added_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """An archive may hold any number of them: the most frequent, and the newest, are shown."""
    monkeypatch.setattr(seen_messages, "NAMES", 2)
    monkeypatch.setattr(seen_messages, "MONTHS", 1)
    names = ["A", "B", "B", "C", "C", "C", "D"]
    found = looked(
        *(
            Copy(f"{place}", event=name, sender=name, timestamp=f"2021-0{place + 1}-01")
            for place, name in enumerate(names)
        )
    ).messages

    assert list(found.senders.items()) == [("C", 3), ("B", 2), (REST, 2)]
    assert found.events == {"C": 3, "B": 2, REST: 2}
    assert found.months == {"2021-07": 1, REST: 6}
    assert found.events_per_month == {"2021-07": {REST: 1}, REST: {"B": 2, "C": 3, REST: 1}}


def control(*copies: Copy) -> ControlList:
    """Return the control list of some copies."""
    return looked(*copies).control_list


NONE = {"New": 0, "Claimed": 0, "Failed": 0, "MaximumRetriesExceeded": 0}


def test_what_no_receiver_finished_is_listed_per_status() -> None:
    """Each message once for each status of its deliveries; what was processed is left out."""
    found = control(
        Copy("a", status="Failed", iid=1),
        Copy("a", status="Failed", iid=2),
        Copy("a", status="New", iid=3),
        Copy("b", status="Failed"),
        Copy("c", status="Success"),
        Copy("d", status="ReplacedByNewVersion"),
        Copy("f", status="Claimed"),
        Copy("g", status="MaximumRetriesExceeded"),
    )
    assert found.statuses == {"New": 1, "Claimed": 1, "Failed": 2, "MaximumRetriesExceeded": 1}
    assert (found.waiting, found.failed, found.without_status) == (2, 3, 0)
    assert found.buffer_empty is False


@pytest.mark.parametrize(
    ("statuses", "listed"),
    [
        (["New", "Success"], ""),
        (["Success", "Claimed"], ""),
        (["New", "ReplacedByNewVersion"], ""),
        (["Claimed", "New"], "Claimed"),
        (["Claimed", "Failed"], "Failed"),
        (["Failed", "MaximumRetriesExceeded", "New"], "MaximumRetriesExceeded"),
        (["Strange", "New"], "New"),
    ],
)
def test_of_one_delivery_the_furthest_status_counts(statuses: list[str], listed: str) -> None:
    """The archive may hold one delivery at several moments; another receiver's is another."""
    one = [Copy("a", status=status, iid=7) for status in statuses]
    expected = {**NONE, **({listed: 1} if listed else {})}

    assert control(*one).statuses == expected
    assert control(*reversed(one)).statuses == expected
    other = control(*one, Copy("a", status="New", iid=8)).statuses
    assert other["New"] == 1


@pytest.mark.parametrize(
    ("statuses", "empty"),
    [
        (["Success", "ReplacedByNewVersion"], True),
        (["Success", "New"], False),
        (["Success", "Claimed"], False),
        (["Success", "Failed"], False),
        (["Success", "MaximumRetriesExceeded"], False),
        (["Success", ""], None),
        (["", "New"], False),
        ([""], None),
        ([], None),
        (["Success", "Strange"], None),
        (["New", "Strange"], False),
    ],
)
def test_no_status_is_no_answer(statuses: list[str], *, empty: bool | None) -> None:
    """The buffer was empty when the archive says so of every message; no check, no pass."""
    copies = [Copy(f"m{n}", status=status) for n, status in enumerate(statuses)]
    found = control(*copies) if copies else looked(document(kind="operation-outcome")).control_list

    assert found.buffer_empty is empty
    assert found.without_status == statuses.count("")


def test_a_status_that_one_copy_has_is_known_of_the_message() -> None:
    """A sender's copy beside a delivered one takes nothing away."""
    found = control(Copy("a", status="Success", iid=1), Copy("a", form=Form.SENDER))
    assert (found.buffer_empty, found.without_status) == (True, 0)


def test_the_list_is_there_per_event_and_per_month() -> None:
    """A status that Koppeltaal does not have is on it too."""
    found = control(
        Copy("a", event="E", status="New", timestamp="2021-01-01", iid=1),
        Copy("a", event="E", status="New", timestamp="2021-01-01", iid=2),
        Copy("b", event="E", status="Failed", timestamp="2021-02-01"),
        Copy("c", event="F", status="Strange"),
        Copy("d", event="F", status="Success", timestamp="2021-02-01"),
    )
    assert found.per_event == {"E": {"Failed": 1, "New": 1}, "F": {"Strange": 1}}
    assert found.per_month == {
        "": {"Strange": 1},
        "2021-01": {"New": 1},
        "2021-02": {"Failed": 1},
    }
    assert found.statuses == {**NONE, "New": 1, "Failed": 1, "Strange": 1}
