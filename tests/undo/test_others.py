"""Undoing one run, after another was undone: whose is what that brought back?"""

from __future__ import annotations

from pathlib import Path

from kt_migrate.undo.others import restored_by
from kt_migrate.undo.record import Deed, Record
from kt_migrate.undo.states import Kind, UndoState
from road.beside import Somebody
from undo.conftest import World
from undo.test_rollback import correct, document


def test_what_undoing_brought_back_of_somebody_else_is_still_theirs(world: World) -> None:
    """Written over by choice, and brought back: neither a next run nor a next rollback touches it."""
    place = next(name for name in world.all() if name.startswith("Practitioner/"))
    somebody = Somebody(world.client)
    somebody.change(place, birthDate="1950-05-05")
    correct(world)
    assert world("trial", "--env", "local", "--existing", "update").code in (0, 20)
    assert "birthDate" not in world.all()[place]
    assert world.rollback("--run", "002").code == 0
    assert world.all()[place]["birthDate"] == "1950-05-05"

    assert world("trial", "--env", "local").code == 21
    assert world.all()[place]["birthDate"] == "1950-05-05", "written over without a choice"

    done = world.rollback("--run", "001")
    assert done.code == 28
    assert document(done)["left_by_code"]["undo-changed-since"] == 1
    assert world.all()[place]["birthDate"] == "1950-05-05"


def undone(root: Path, name: str, environment: str, *deeds: tuple[UndoState, str, str]) -> Path:
    """Make the folder of a run that was undone: (state, version before, version after) of `x`."""
    folder = root / name
    folder.mkdir()
    made = [
        Deed(
            id=number,
            seq=1,
            stage=0,
            r4_type="Patient",
            system="",
            value="",
            link="",
            kind=Kind.CHANGED,
            server_id="x",
            version="",
            before=before,
            planned="",
            state=state,
            after=after,
        )
        for number, (state, before, after) in enumerate(deeds, 1)
    ]
    with Record(folder) as record:
        record.bind("environment", environment)
        record.list_all(made)
    return folder


def test_a_version_is_brought_back_by_what_was_undone_after_it(tmp_path: Path) -> None:
    """Also twice; what was brought back of another version is not it, nor what was left."""
    folders = [
        undone(tmp_path, "002", "mgr2", (UndoState.RESTORED, "5", "7")),
        undone(tmp_path, "001", "mgr2", (UndoState.RESTORED, "1", "3")),
        undone(tmp_path, "003", "mgr2", (UndoState.RESTORED, "3", "5"), (UndoState.KEPT, "1", "8")),
        undone(tmp_path, "004", "mgr2", (UndoState.RESTORED, "2", "9")),
        undone(tmp_path, "005", "mgr2", (UndoState.RESTORED, "", "10")),
        undone(tmp_path, "006", "acc21", (UndoState.RESTORED, "1", "11")),
    ]
    (tmp_path / "007").mkdir()
    (tmp_path / "007" / "undo.sqlite").write_bytes(b"no database at all" * 100)

    with restored_by([*folders, tmp_path / "007", tmp_path], "mgr2") as restored:
        assert restored("x", "1") == {"3", "5", "7"}
        assert restored("x", "5") == {"7"}
        assert restored("x", "2") == {"9"}
        assert restored("x", "") == set()
        assert restored("y", "1") == set()
