"""A plan for an environment: made anew when anything has changed, and refused when it is stale."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

import orjson
import pytest
from archives import HOST, patient

from kt_migrate import __version__
from kt_migrate.algorithm.differences import plain
from kt_migrate.algorithm.load import load_algorithm
from kt_migrate.archive.delivery import make_or_check
from kt_migrate.archive.manifest import manifest_digest
from kt_migrate.books import digest
from kt_migrate.config import Workspace, environment_digest, find_workspace, load_environment
from kt_migrate.conformance import PROFILE_PACKAGE, newest_version
from kt_migrate.errors import (
    BooksError,
    JournalError,
    ManifestError,
    PlanStaleError,
    SourceError,
    UsageError,
)
from kt_migrate.plan import make
from kt_migrate.plan.binding import read_binding
from kt_migrate.plan.build import Inputs, Keep, build_plan
from kt_migrate.plan.enrichment import read_enrichment
from kt_migrate.plan.make import Choices, archive_roots, make_plan, rehearse, require_fresh
from kt_migrate.plan.rules_said import read_rules
from kt_migrate.plan.store import Plan
from plan.small import STANDARD, queue, workspace_at

P1 = f"{HOST}/Patient/1"
NOTHING = Choices()


@pytest.fixture(autouse=True)
def standard(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read each algorithm once."""

    @cache
    def load(name: str, root: Path | None = None) -> object:
        return STANDARD if name == "standard" else load_algorithm(name, root)

    monkeypatch.setattr(make, "load_algorithm", load)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """Return a working folder with one patient in its archive."""
    return workspace_at(tmp_path / "domain", queue({P1: patient()}))


def plans(workspace: Workspace, choices: Choices = NOTHING) -> tuple[str, bool]:
    """Make a plan; return the name of its run, and whether it was made."""
    made = make_plan(workspace, "local", choices)
    return made.folder.name, made.anew


def write(root: Path, name: str, text: str) -> None:
    """Write a file of the working folder."""
    (root / name).parent.mkdir(exist_ok=True)
    (root / name).write_text(text, encoding="utf-8")


def add(root: Path, name: str, text: str) -> None:
    """Write a file of the working folder to its end."""
    write(root, name, (root / name).read_text("utf-8") + text)


def test_a_plan_is_bound_to_all_that_made_it_what_it_is(workspace: Workspace) -> None:
    """Component by component; and its own bytes."""
    made = make_plan(workspace, "local", NOTHING)
    bound = read_binding(made.folder)
    archive = next((workspace.root / "archive").iterdir())
    files = [(archive.name, digest(archive.read_bytes()))]

    assert made.folder == workspace.root / "runs" / "local" / "001"
    assert made.anew
    assert bound.environment == "local"
    assert bound.archive == manifest_digest(files)
    assert bound.algorithm == STANDARD.digest
    assert bound.enrichment == read_enrichment([]).digest
    assert bound.domain_file == workspace.digest
    assert bound.environment_file == environment_digest(load_environment(workspace, "local"))
    assert bound.tool == __version__
    assert bound.profile == f"{PROFILE_PACKAGE} {newest_version()}"
    assert bound.plan == digest((made.folder / "plan.sqlite").read_bytes())
    assert (made.folder / "manifest.txt").read_text() == f"{files[0][1]}  {files[0][0]}\n"
    with Plan(made.folder / "plan.sqlite") as plan:
        assert (plan.meta("domain"), plan.meta("algorithm")) == ("TEST", STANDARD.name)
        assert plan.count() == 1


def test_what_its_algorithm_said_is_kept_beside_a_plan(workspace: Workspace) -> None:
    """By its digest, and its owner's; what is of another, or damaged, was not kept."""
    folder = make_plan(workspace, "local", NOTHING).folder
    bound = read_binding(folder).algorithm
    file = folder / "rules.json"

    assert read_rules(folder, bound) == plain(STANDARD)
    assert file.stat().st_mode & 0o777 == 0o600
    assert read_rules(folder, "0" * 64) is None
    for content in ("[]", "{}", "x", '{"schema": "kt-migrate-rules/1", "digest": "d", "says": []}'):
        file.write_text(content, "utf-8")
        assert read_rules(folder, "d") is None


def test_while_nothing_has_changed_the_newest_plan_holds(workspace: Workspace) -> None:
    """Limits, comments, other environments' files and other names in the archive change nothing."""
    assert plans(workspace) == ("001", True)
    add(workspace.root, "configs/local.yaml", "limits: {per_second: 1}\n# a comment\n")
    add(workspace.root, "kt-migrate.yaml", "# a comment\n")

    again = find_workspace(workspace.root)

    assert plans(again) == ("001", False)
    require_fresh(again, "local", NOTHING, workspace.root / "runs" / "local" / "001")


def _files(
    changed: Sequence[str] = (), missing: Sequence[str] = (), extra: Sequence[str] = ()
) -> str:
    lines = [
        f"  {sign} {name}"
        for sign, names in zip("~-+", (changed, missing, extra), strict=True)
        for name in names
    ]
    counts = f"{len(changed)} changed (~), {len(missing)} missing (-), {len(extra)} extra (+)."
    return "\n".join([f". Files: {counts}", *lines])


OWN = 'schema: kt-migrate-algorithm/1\nname: own\nversion: "1"\nextends: standard\n'


def less_and_other(root: Path) -> None:
    """Take one file out of the archive, and write in another."""
    (root / "archive" / "more.json").unlink()
    write(root, "archive/0000.json", "{}")


CHANGES: dict[str, tuple[Callable[[Path], None], Choices, str]] = {
    "a file more": (
        lambda root: write(root, "archive/new.json", "{}"),
        NOTHING,
        f"the archive{_files(extra=['new.json'])}",
    ),
    "a file less and one that changed": (
        less_and_other,
        NOTHING,
        f"the archive{_files(changed=['0000.json'], missing=['more.json'])}",
    ),
    "another archive": (
        lambda root: write(root, "other/new.json", "{}"),
        Choices(archives=(Path("other"),)),
        f"the archive{_files(missing=['0000.json', 'more.json'], extra=['new.json'])}",
    ),
    "a limit in the file": (
        lambda root: add(root, "kt-migrate.yaml", "limits: {max_file_bytes: 64 MiB}\n"),
        NOTHING,
        "the limits on the archive.",
    ),
    "a limit of the command line": (
        lambda _root: None,
        Choices(limits=("max_ratio=300",)),
        "the limits on the archive.",
    ),
    "an algorithm": (
        lambda root: write(root, "own.yaml", OWN),
        Choices(algorithm="own.yaml"),
        "the algorithm.",
    ),
    "enrichment": (
        lambda root: write(root, "more/a.csv", "link,field,value\nhttp://a,group,x\n"),
        Choices(enrichment=(Path("more"),)),
        "the enrichment.",
    ),
    "the domain": (
        lambda root: add(
            root, "kt-migrate.yaml", "applications: {N: {endpoint: https://n.example/}}\n"
        ),
        NOTHING,
        "kt-migrate.yaml.",
    ),
    "the environment": (
        lambda root: write(
            root,
            "configs/local.yaml",
            (root / "configs/local.yaml").read_text().replace("client-1", "client-2"),
        ),
        NOTHING,
        "the environment's settings.",
    ),
}


HOW = re.compile(r" \(([0-9a-f]{12}) → (?!\1)[0-9a-f]{12}\)")
"""What a refusal says of a digest: what it was, and the other one that it is."""


def without_how(what: str) -> str:
    """Return a refusal without from what to what; it must be there, once."""
    left, times = HOW.subn("", what)
    assert times == 1
    return left


@pytest.mark.parametrize("change", CHANGES)
def test_what_has_changed_makes_the_plan_stale_and_another_is_made(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    """A run refuses it and says what changed; the plan command makes the next."""
    monkeypatch.chdir(workspace.root)
    write(workspace.root, "archive/more.json", "[]")
    make_plan(workspace, "local", NOTHING)
    first = workspace.root / "runs" / "local" / "001"
    act, choices, named = CHANGES[change]
    act(workspace.root)
    now = find_workspace(workspace.root)

    with pytest.raises(PlanStaleError) as caught:
        require_fresh(now, "local", choices, first)

    assert without_how(caught.value.what) == f"Changed since the plan was made: {named}"
    assert caught.value.where == str(first)
    assert plans(now, choices) == ("002", True)
    assert plans(now, choices) == ("002", False)
    require_fresh(now, "local", choices, workspace.root / "runs" / "local" / "002")


@pytest.mark.parametrize(
    ("name", "value", "named"),
    [
        ("__version__", "9.9", rf"the version of kt-migrate \({__version__} → 9\.9\)"),
        ("named", "other {}".format, r"the version of the KT 2\.0 profiles \(.+ → other .+\)"),
    ],
)
def test_another_version_of_the_tool_or_the_profiles_makes_another_plan(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, name: str, value: str, named: str
) -> None:
    """Neither runs a plan of the other."""
    made = make_plan(workspace, "local", NOTHING)
    monkeypatch.setattr(make, name, value)

    with pytest.raises(PlanStaleError, match=named):
        require_fresh(workspace, "local", NOTHING, made.folder)

    assert plans(workspace) == ("002", True)


def damage_schema(folder: Path) -> None:
    """Let a binding be of another version."""
    content = orjson.loads((folder / "binding.json").read_bytes())
    (folder / "binding.json").write_bytes(orjson.dumps({**content, "schema": "other/9"}))


def change_plan(folder: Path) -> None:
    """Write something behind a plan."""
    content = (folder / "plan.sqlite").read_bytes()
    (folder / "plan.sqlite").write_bytes(content + b"x")


DAMAGE: dict[str, Callable[[Path], object]] = {
    "killed before it was bound": lambda folder: (folder / "binding.json").unlink(),
    "a binding of another version": damage_schema,
    "a plan that was changed": change_plan,
    "a plan that is none": lambda folder: (folder / "plan.sqlite").write_bytes(b"x" * 5_000),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_newest_plan_that_is_damaged_stops_no_new_one(workspace: Workspace, damage: str) -> None:
    """Each refusal to use it says to make a new plan: that must help."""
    made = make_plan(workspace, "local", NOTHING)
    DAMAGE[damage](made.folder)
    with pytest.raises((JournalError, PlanStaleError)) as caught:
        require_fresh(workspace, "local", NOTHING, made.folder)
    assert "kt-migrate plan" in caught.value.fix

    assert plans(workspace) == ("002", True)
    require_fresh(workspace, "local", NOTHING, workspace.root / "runs" / "local" / "002")


def test_a_plan_of_another_environment_is_none_of_this_one(workspace: Workspace) -> None:
    """Runs are numbered per environment, and bound to it."""
    text = (workspace.root / "configs" / "local.yaml").read_text()
    other = text.replace("local", "acc21").replace("client-1", "client-9").replace("k1", "k9")
    other = other.replace("http://127.0.0.1:8420", "https://acc21.koppeltaal.nl")
    write(workspace.root, "configs/acc21.yaml", other)
    first = make_plan(workspace, "local", NOTHING)
    second = make_plan(workspace, "acc21", NOTHING)

    assert second.anew
    assert second.folder == workspace.root / "runs" / "acc21" / "001"
    assert read_binding(second.folder).environment == "acc21"
    with pytest.raises(PlanStaleError, match="the environment"):
        require_fresh(workspace, "acc21", NOTHING, first.folder)


def test_a_plan_that_fails_is_not_bound_and_the_next_goes_beside_it(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its folder is there, and empty."""

    def fails(*_arguments: object) -> None:
        raise BooksError("x", where="y", fix="z")

    with monkeypatch.context() as patch:
        patch.setattr(make, "build_plan", fails)
        with pytest.raises(BooksError):
            make_plan(workspace, "local", NOTHING)

    assert list((workspace.root / "runs" / "local" / "001").iterdir()) == []
    assert plans(workspace) == ("002", True)


def test_progress_is_told(workspace: Workspace) -> None:
    """How many files were read."""
    told: list[int] = []
    write(workspace.root, "archive/more.json", "{}")
    make_plan(workspace, "local", NOTHING, told.append)

    assert told == [1, 2]


def test_what_the_command_line_says_goes_before_the_domain_file(tmp_path: Path) -> None:
    """Archives as they are given; else those of kt-migrate.yaml, below its folder."""
    root = workspace_at(tmp_path / "domain", []).root
    add(root, "kt-migrate.yaml", "enrichment: [more/]\nalgorithm: own.yaml\n")
    write(root, "own.yaml", OWN)
    write(root, "more/a.csv", "link,field,value\nhttp://a,group,x\n")
    write(root, "else/b.csv", "link,field,value\nhttp://a,group,y\n")
    workspace = find_workspace(root)

    assert archive_roots(workspace, NOTHING) == (root / "archive",)
    assert archive_roots(workspace, Choices(archives=(Path("x"), Path("y")))) == (
        Path("x"),
        Path("y"),
    )
    algorithm, enrichment = make._rules(workspace, NOTHING)
    assert algorithm.name == "own 1"
    assert enrichment == read_enrichment([root / "more"])
    given = Choices(algorithm="standard", enrichment=(root / "else",))
    algorithm, enrichment = make._rules(workspace, given)
    assert algorithm.name == STANDARD.name
    assert enrichment == read_enrichment([root / "else"])


def test_without_an_archive_there_is_nothing_to_plan(tmp_path: Path) -> None:
    """The place in kt-migrate.yaml is named, and no run is begun."""
    root = workspace_at(tmp_path / "domain", []).root
    text = (root / "kt-migrate.yaml").read_text().replace("[archive/]", "[]")
    write(root, "kt-migrate.yaml", text)

    with pytest.raises(SourceError) as caught:
        make_plan(find_workspace(root), "local", NOTHING)

    assert caught.value.where.startswith("kt-migrate.yaml:3:")
    assert list((root / "runs").iterdir()) == []


def test_passwords_are_asked_for_the_archive_the_manifest_and_the_check(
    workspace: Workspace,
) -> None:
    """An encrypted container is read each time that its digest counts."""
    import io  # noqa: PLC0415

    import pyzipper  # noqa: PLC0415

    out = io.BytesIO()
    with pyzipper.AESZipFile(out, "w", encryption=pyzipper.WZ_AES) as archive:
        archive.setpassword(b"geheim woord")
        archive.writestr("a.json", queue({f"{HOST}/Patient/2": patient()})[0])
    (workspace.root / "archive" / "a.zip").write_bytes(out.getvalue())
    asked: list[str] = []

    def passwords(name: str) -> str:
        asked.append(name)
        return "geheim woord"

    choices = Choices(passwords=passwords)
    assert plans(workspace, choices) == ("001", True)
    assert plans(workspace, choices) == ("001", False)
    require_fresh(workspace, "local", choices, workspace.root / "runs" / "local" / "001")

    assert asked == ["a.zip"] * 3
    with Plan(workspace.root / "runs" / "local" / "001" / "plan.sqlite") as plan:
        assert plan.count() == 2


def test_the_domain_file_decides_on_labels_and_applications(workspace: Workspace) -> None:
    """A message with another label is refused; an application has the address that stands there."""
    add(workspace.root, "kt-migrate.yaml", 'applications: {A: {endpoint: "https://a.example/x"}}\n')
    text = (workspace.root / "kt-migrate.yaml").read_text()
    write(
        workspace.root,
        "kt-migrate.yaml",
        text.replace("source_domains: []", "source_domains: [EIGEN]"),
    )
    tag = '"category": [{"scheme": "http://hl7.org/fhir/tag/security", "label": "ANDER"}, '
    content = queue({f"{HOST}/Patient/2": patient()})[0].decode().replace('"category": [', tag)
    write(workspace.root, "archive/other.json", content.replace("m-001", "m-900"))
    now = find_workspace(workspace.root)
    seen: list[object] = []

    def watched(inputs: Inputs, target: Path, progress: Callable[[int], None], keep: Keep) -> str:
        seen.append(inputs.applications)
        return build_plan(inputs, target, progress, keep)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(make, "build_plan", watched)
        made = make_plan(now, "local", NOTHING)
    with Plan(made.folder / "plan.sqlite") as plan:
        codes = [issue.code for issue in plan.issues()]

    assert codes == ["domain-other"]
    assert seen == [now.domain.applications]
    assert list(now.domain.applications) == ["A"]


def test_a_plan_is_bound_to_the_archives_manifest(workspace: Workspace) -> None:
    """Made and executed only of what it says; making it changes no plan, and it is no file."""
    made = make_plan(workspace, "local", NOTHING)
    assert made.manifests == 0
    make_or_check([workspace.root / "archive"])

    again = make_plan(workspace, "local", NOTHING)

    assert (again.folder, again.anew, again.manifests) == (made.folder, False, 1)
    require_fresh(workspace, "local", NOTHING, made.folder)
    write(workspace.root, "archive/new.json", "{}")
    refused = (
        lambda: make_plan(workspace, "local", NOTHING),
        lambda: require_fresh(workspace, "local", NOTHING, made.folder),
    )
    for act in refused:
        with pytest.raises(ManifestError) as caught:
            act()
        assert "1 extra (+).\n  + new.json" in caught.value.what
        assert caught.value.where == str(workspace.root / "archive" / "manifest.sha256")
    assert [p.name for p in (workspace.root / "runs" / "local").iterdir()] == ["001"]


def test_a_manifest_that_was_there_first_is_in_no_plan(workspace: Workspace) -> None:
    """Nor does it make one stale when it is taken away; with several roots as with one."""
    write(workspace.root, "other/new.json", "{}")
    add(workspace.root, "kt-migrate.yaml", "")
    roots = (workspace.root / "archive", workspace.root / "other")
    choices = Choices(archives=roots)
    make_or_check(roots)

    made = make_plan(workspace, "local", choices)

    assert made.manifests == 2
    assert "sha256" not in (made.folder / "manifest.txt").read_text()
    for root in roots:
        (root / "manifest.sha256").unlink()
    assert plans(workspace, choices) == ("001", False)


def test_a_plan_whose_list_of_files_is_lost_is_refused_all_the_same(workspace: Workspace) -> None:
    """Only which files it were is not known any more."""
    made = make_plan(workspace, "local", NOTHING)
    write(workspace.root, "archive/new.json", "{}")
    for content in (b"no line", b"\xff", None):
        (made.folder / "manifest.txt").unlink()
        if content is not None:
            (made.folder / "manifest.txt").write_bytes(content)
        with pytest.raises(PlanStaleError) as caught:
            require_fresh(workspace, "local", NOTHING, made.folder)
        assert without_how(caught.value.what) == "Changed since the plan was made: the archive."
        (made.folder / "manifest.txt").touch()


def test_a_limit_decides_what_is_planned_and_its_reject_names_it(workspace: Workspace) -> None:
    """By kt-migrate.yaml, and by --limit, which goes before it."""

    def rejects(choices: Choices) -> list[tuple[str, str]]:
        made = make_plan(find_workspace(workspace.root), "local", choices)
        with Plan(made.folder / "plan.sqlite") as plan:
            return [(issue.code, issue.path) for issue in plan.issues()]

    refused = [("file-too-large", "limits.max_file_bytes")]
    assert rejects(NOTHING) == []
    assert rejects(Choices(limits=("max_file_bytes=9",))) == refused
    add(workspace.root, "kt-migrate.yaml", "limits: {max_file_bytes: 9}\n")
    assert rejects(NOTHING) == refused
    assert rejects(Choices(limits=("max_file_bytes=1MiB",))) == []
    with pytest.raises(UsageError, match="limit"):
        make_plan(workspace, "local", Choices(limits=("max_file_bytes=x",)))


def test_a_plan_holds_while_its_limits_do(workspace: Workspace) -> None:
    """The archive is read within the same ones when it is looked at again."""
    write(workspace.root, "archive/more.json", "[]")
    few = Choices(limits=("max_entries=1",))

    assert plans(workspace, few) == ("001", True)
    assert plans(workspace, few) == ("001", False)
    require_fresh(workspace, "local", few, workspace.root / "runs" / "local" / "001")
    assert plans(workspace) == ("002", True)


def test_the_plan_of_a_run_that_was_undone_does_not_hold(workspace: Workspace) -> None:
    """The next is made anew, in a folder of its own, and holds."""
    first = make_plan(workspace, "local", NOTHING)
    (first.folder / "undo.sqlite").touch()

    assert plans(workspace) == ("002", True)
    assert plans(workspace) == ("002", False)


def test_a_rehearsed_plan_is_that_plan_and_no_run(workspace: Workspace, tmp_path: Path) -> None:
    """For a look at what an algorithm would do; what is not as it was delivered is refused too."""
    made = make_plan(workspace, "local", NOTHING)
    seen: list[int] = []

    rehearse(workspace, NOTHING, tmp_path / "look.sqlite", seen.append)

    with Plan(tmp_path / "look.sqlite") as look, Plan(made.folder / "plan.sqlite") as plan:
        assert list(look.writes()) == list(plan.writes())
        assert look.books().as_json() == plan.books().as_json()
    assert seen
    assert [p.name for p in (workspace.root / "runs" / "local").iterdir()] == [made.folder.name]
    make_or_check([workspace.root / "archive"])
    write(workspace.root, "archive/new.json", "{}")
    with pytest.raises(ManifestError):
        rehearse(workspace, NOTHING, tmp_path / "refused.sqlite")
    assert not (tmp_path / "refused.sqlite").exists()
