"""What is long is cut on screen, and says where the rest is; what is said fits in 80 columns."""

from __future__ import annotations

import pytest

from kt_migrate.algorithm.differences import Difference
from kt_migrate.books import HashTotal
from kt_migrate.cli import actions, comparing, differing, elements
from kt_migrate.cli.screen import Screen
from kt_migrate.plan.actions import Action
from kt_migrate.plan.compare import Comparison, Kind, What
from kt_migrate.plan.estimate import Measured, estimate_of
from kt_migrate.plan.rows import ElementRow
from kt_migrate.reports.actions import Actions


def action(number: int, *, versions: int = 0) -> Action:
    """Return an action of a production that waits for its gates."""
    return Action(
        number=number,
        r4_type="ActivityDefinition",
        source_types=("CarePlanSubActivity",),
        system="urn:s",
        client="client-1",
        credentials="configs/prd2.yaml",
        stage=number,
        first=number,
        last=number,
        count=1_000_000,
        versions=versions,
        seconds=7_200,
        after=tuple(range(1, number)),
        gates=("O.10", "P.7"),
        scope="system/ActivityDefinition.crus",
        endpoints=(),
        completes=True,
        total=HashTotal(1, 1 << 255),
    )


def shown(capsys: pytest.CaptureFixture[str]) -> str:
    """Return what was printed: at most 80 columns, and no markup."""
    text = capsys.readouterr().out
    assert [line for line in text.splitlines() if len(line) > 80] == []
    return " ".join(text.split())


@pytest.mark.parametrize("many", [actions.SHOWN, actions.SHOWN + 2])
def test_actions(capsys: pytest.CaptureFixture[str], many: int) -> None:
    """The first thirty, whose they are, what before them, and how long it takes."""
    took = Measured(env="mgr2", run="004", writes=600, seconds=60)
    found = Actions(
        env="prd2",
        run="001",
        writes=many,
        estimate=estimate_of(0, 16, [took]),
        actions=tuple(action(number, versions=2) for number in range(1, many + 1)),
    )
    actions.show_actions(Screen(json=False), found)
    text = shown(capsys)

    assert ("… en nog 2: actions.json" in text) == (many > actions.SHOWN)
    assert "Door client client-1 (configs/prd2.yaml) na stap O.10, P.7 van het draaiboek" in text
    assert f"{many} schrijfacties en {2 * many} eerdere versies, duur" in text
    assert "Gemeten in mgr2/004: 600 schrijfacties in 1 min 0 s; gerekend met 10.0" in text


def test_no_action_is_no_line(capsys: pytest.CaptureFixture[str]) -> None:
    """A plan that writes nothing says so."""
    nothing = Actions(env="local", run="1", writes=0, estimate=estimate_of(60, 1), actions=())
    actions.show_actions(Screen(json=False), nothing)

    text = shown(capsys)
    assert "Door client" not in text
    assert "0 schrijfacties, duur" in text


@pytest.mark.parametrize("many", [comparing.SHOWN, comparing.SHOWN + 1])
def test_kinds_of_change(capsys: pytest.CaptureFixture[str], many: int) -> None:
    """The first thirty; each in words."""
    kinds = [
        (
            Kind(
                what=What.CONTENT, source_type="Patient", before="P", after="P", paths=(f"P.{n}",)
            ),
            1,
        )
        for n in range(many)
    ]
    found = Comparison(kinds=tuple(kinds), examples=(("urn:x", kinds[0][0]),), unchanged=5)
    comparing.show_comparison(Screen(json=False), found)
    text = shown(capsys)

    assert "5 objecten blijven zoals ze waren." in text
    assert ("… en nog 1 soorten: --json" in text) == (many > comparing.SHOWN)
    assert "Patient urn:x inhoud: P.0" in text


@pytest.mark.parametrize(
    ("what", "before", "after", "words"),
    [
        (What.FATE, "migrated", "rejected value-missing", "gemigreerd → uitgevallen (value-missing)"),
        (What.NEW, "", "not_migrated user-message", "nieuw: niet gemigreerd (user-message)"),
        (What.GONE, "out_of_scope scope-types", "", "niet meer in het archief; was buiten scope (scope-types)"),
        (What.MORE, "", "Task", "een Task erbij"),
        (What.FEWER, "Task", "", "een Task minder"),
    ],
)  # fmt: skip
def test_a_change_in_words(what: What, before: str, after: str, words: str) -> None:
    """Fate and reason, or what comes or goes."""
    kind = Kind(what=what, source_type="X", before=before, after=after)

    assert comparing.kind_text(kind) == words


@pytest.mark.parametrize("many", [elements.SHOWN, elements.SHOWN + 3])
def test_unread_elements(capsys: pytest.CaptureFixture[str], many: int) -> None:
    """The ten that most objects have."""
    rows = [
        ElementRow(source_type="P", path=f"e{n:02}", status="unread", rules=(), because="", count=n)
        for n in range(many)
    ]
    elements.show_elements(Screen(json=False), rows)
    text = shown(capsys)

    assert f"0 gelezen, 0 bewust genegeerd, {many} ongelezen (elements.csv)" in text
    assert ("… en nog 3: elements.csv" in text) == (many > elements.SHOWN)
    assert f"e{many - 1:02}" in text


@pytest.mark.parametrize("many", [0, differing.SHOWN, differing.SHOWN + 1])
def test_differences_of_algorithms(capsys: pytest.CaptureFixture[str], many: int) -> None:
    """The first sixty, or that there are none."""
    found = tuple(
        Difference(section="codes", path=f"t.c{n}", before="a", after=None) for n in range(many)
    )
    differing._show(Screen(json=False), found)
    text = shown(capsys)

    assert ("zeggen hetzelfde" in text) == (many == 0)
    assert ("weg codes.t.c0 a" in text) == (many > 0)
    assert ("… en nog 1: --json" in text) == (many > differing.SHOWN)


def test_a_cell_is_shown_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    """Brackets are no mark-up: of an extension's name, nor of a colour's."""
    Screen(json=False).table("t", ("a", "b"), [("extension[Patient#Age]", "[bold]x[/bold]")])

    assert "extension[Patient#Age] [bold]x[/bold]\n" in capsys.readouterr().out
