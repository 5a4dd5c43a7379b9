"""A sample of the demo domain is judged in a browser, by keyboard alone; nothing of it is left."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

import warm
from browsing import ARGUMENTS, Watch, aside, assert_keyboard, assert_readable, fail_on, fits, shot
from browsing import program as chromium
from inside import typed
from judged_scene import RUN
from support import EXAMPLE, command, serving

JUDGE = "A. Oordeelaar"
REMARK = "Kanariepiet: de naam klopt niet."
CANARIES = (EXAMPLE / "canaries.txt").read_text("utf-8").split()[:12]
"""Names and addresses of the invented clients."""


@pytest.fixture
def moved(workspace: Path) -> Iterator[Path]:
    """Return a working folder whose domain is on its sandbox, which answers."""
    with serving(workspace):
        command("trial", "--env", "local", cwd=workspace)
        yield workspace


@contextmanager
def offered(folder: Path, temporary: Path, *options: str) -> Iterator[tuple[warm.Process, str]]:
    """Give the command in a process of its own; yields it, and the address on its screen."""
    with tempfile.TemporaryFile() as said:
        line = ["sample", "--env", "local", "--by", JUDGE, *options]
        before, os.environ["TMPDIR"] = os.environ.get("TMPDIR"), str(temporary)
        try:
            process = warm.start(line, folder, stdout=said.fileno(), stderr=said.fileno())
        finally:
            os.environ.pop("TMPDIR")
            os.environ |= {} if before is None else {"TMPDIR": before}
        try:
            yield process, _address(said.fileno())
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)


def _address(said: int) -> str:
    lines: list[str] = []
    for _try in range(600):
        lines = os.pread(said, 65_536, 0).decode().splitlines()
        found = [line for line in lines if "/enter/" in line]
        if found:
            return found[0].strip()
        time.sleep(0.1)
    raise AssertionError(lines)


@contextmanager
def profiled(browser: Browser, profile: Path, temporary: Path) -> Iterator[Page]:
    """Open a browser that keeps its profile on disk, as a person's does; it must stay quiet."""
    watch = Watch()
    context = browser.browser_type.launch_persistent_context(
        profile,
        executable_path=chromium(),
        args=list(ARGUMENTS),
        env={**os.environ, "TMPDIR": str(temporary)},
        color_scheme="light",
    )
    context.set_default_timeout(10_000)
    watch.follow(context)
    try:
        yield context.pages[0]
    finally:
        context.close()
    fail_on(watch.complaints)


def content(folder: Path) -> dict[Path, str]:
    """Return what every file is like, by its digest; but for those of the server itself."""
    return {
        path: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and ".sandbox" not in path.parts
    }


def holding(folder: Path, word: str) -> set[Path]:
    """Return the files that hold a word, in either of the spellings of a browser's files."""
    spellings = {word.encode(), word.encode("utf-16-le")}
    return {
        path
        for path in folder.rglob("*")
        if path.is_file() and any(spelling in path.read_bytes() for spelling in spellings)
    }


def gone(origin: str) -> bool:
    """Whether nobody listens there any more, within ten seconds."""
    for _try in range(100):
        try:
            httpx.get(origin, timeout=2)
        except httpx.TransportError:
            return True
        time.sleep(0.1)
    return False


def _at(page: Page, place: int, count: int) -> None:
    """Wait for a dossier, until its keys work: its title is there before its script."""
    expect(page).to_have_title(f"Dossier {place} van {count} · kt-migrate")
    page.wait_for_load_state("load")


def judged_by_keyboard(page: Page, count: int) -> None:
    """Judge every dossier good but the second, by keys alone."""
    page.keyboard.press("Enter")  # the button to begin has the focus
    for place in range(1, count + 1):
        _at(page, place, count)
        if place == 2:
            page.keyboard.press("k")
            _at(page, 1, count)
            page.keyboard.press("j")
            _at(page, 2, count)
            page.keyboard.press("n")
            expect(page.locator("#remark")).to_be_focused()
            page.keyboard.type(REMARK)
            page.keyboard.press("Control+Enter")
        else:
            page.keyboard.press("a")
    expect(page).to_have_title("Overzicht · kt-migrate")


def test_a_sample_is_judged_by_keyboard_and_is_evidence(
    browser: Browser, moved: Path, tmp_path: Path
) -> None:
    """The verdicts arrive at the gate; of what was shown nothing is on disk afterwards."""
    profile, temporary = tmp_path / "profile", tmp_path / "temporary"
    temporary.mkdir()
    with aside():
        before = content(moved)
    with offered(moved, temporary, "-n", "4", "--seed", "demo") as (process, address):
        origin = address.partition("/enter/")[0]
        with profiled(browser, profile, temporary) as page:
            page.goto(address)
            assert_readable(page)
            shot(page, "sample-start")
            page.locator("#begin").focus()
            judged_by_keyboard(page, 4)
            shot(page, "sample-overview")
            assert httpx.get(f"{origin}/dossier/1").status_code == 403
            assert httpx.get(address).status_code == 403
            rebound = {"Host": f"localhost:{origin.rpartition(':')[2]}"}
            assert httpx.get(address, headers=rebound).status_code == 421
            page.locator("#end").focus()
            page.keyboard.press("Enter")
            expect(page).to_have_title("Afgesloten · kt-migrate")
            assert gone(origin)
        code = process.wait(20)

    assert code == 33
    require_evidence(moved)
    require_nothing_left(moved, before, profile, temporary)


def require_evidence(folder: Path) -> None:
    """Demand that the verdicts are kept, and that the gate knows of them."""
    (path,) = (folder / RUN / "judged").glob("*.json")
    said = json.loads(path.read_bytes())
    with aside():
        gate = typed("gate", "post", "--env", "local", "--json", cwd=folder).document
    (point,) = [one for one in gate["points"] if one["id"] == "Q.3.1"]

    assert [one["verdict"] for one in said["dossiers"]] == ["good", "wrong", "good", "good"]
    assert {one["by"] for one in said["dossiers"]} == {JUDGE}
    assert (point["verdict"], point["measured"]["why"]) == ("not-met", "judged-wrong")


def require_nothing_left(
    folder: Path, before: dict[Path, str], profile: Path, temporary: Path
) -> None:
    """Demand that no client's name is in what was written since: here, in between, in the browser.

    The remark is where remarks are, and so looking for a word does find it.
    """
    changed = {path for path, digest in content(folder).items() if before.get(path) != digest}

    assert changed
    for word in (*CANARIES, "Kanariepiet"):
        assert not holding(profile, word) | holding(temporary, word), word
    assert not {path for word in CANARIES for path in holding(folder, word) & changed}
    assert {path.name for path in holding(folder, "Kanariepiet")} == {"remarks.sqlite"}
    assert holding(folder, CANARIES[0])
    assert any(profile.rglob("*"))


def test_what_a_sample_looks_like(browser: Browser, moved: Path, tmp_path: Path) -> None:
    """Readable, whole by keyboard, on a telephone too; and all of it is there without a script."""
    with offered(moved, tmp_path, "-n", "4", "--seed", "demo") as (process, address):
        origin = address.partition("/enter/")[0]
        watch, context = Watch(), browser.new_context(java_script_enabled=True)
        watch.follow(context)
        page = context.new_page()
        page.goto(address)
        page.locator("#begin").click()
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        assert_readable(page)
        assert_keyboard(page)
        fits(page)
        shot(page, "sample-dossier")
        page.emulate_media(color_scheme="dark")
        shot(page, "sample-dossier-dark")
        page.set_viewport_size({"width": 380, "height": 800})
        shot(page, "sample-dossier-telephone")
        cookies = context.cookies()
        assert {(one["httpOnly"], one["sameSite"]) for one in cookies} == {(True, "Strict")}
        plain = browser.new_context(java_script_enabled=False)
        plain.add_cookies(
            [{"name": one["name"], "value": one["value"], "url": origin} for one in cookies]
        )
        without = plain.new_page()
        without.goto(f"{origin}/dossier/1")
        without.locator("#good").click()
        expect(without).to_have_title("Dossier 2 van 4 · kt-migrate")
        plain.close()
        context.close()
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 25
    fail_on(watch.complaints)
