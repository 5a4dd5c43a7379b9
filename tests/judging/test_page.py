"""The page of a sample: who gets in, what is kept, and what works without a script."""

from __future__ import annotations

import re

import pytest

from judged_scene import ORIGIN, SECRET, browser, entered, session
from kt_migrate.judging.app import COOKIE
from kt_migrate.language import set_language
from kt_migrate.reports.judged import Verdict

EVERY = ("/", "/overview", "/dossier/1", "/own/style.css", "/own/keys.js", "/nothing")


@pytest.mark.parametrize("path", EVERY)
def test_without_the_token_nobody_gets_in(path: str) -> None:
    """Neither by reading nor by writing; nothing of a dossier is said."""
    found, _kept = session()
    with browser(found) as guest:
        answers = [guest.get(path), guest.post(path, data={"verdict": "good"})]

    assert {answer.status_code for answer in answers} == {403}
    assert not any(SECRET in answer.text for answer in answers)


def test_a_wrong_token_and_a_made_up_cookie_are_refused() -> None:
    """Also when nobody came in yet."""
    found, _kept = session()
    with browser(found) as guest:
        assert guest.get(f"/enter/{found.token[:-1]}").status_code == 403
        assert guest.get("/enter/x").status_code == 403
        for cookie in ("", "x", found.token):
            assert guest.get("/", headers={"Cookie": f"{COOKIE}={cookie}"}).status_code == 403


def test_the_token_opens_once() -> None:
    """Who comes in gets a cookie that scripts cannot read and other sites cannot send."""
    found, _kept = session()
    with browser(found) as first, browser(found) as second:
        came = first.get(f"/enter/{found.token}")
        again = second.get(f"/enter/{found.token}")
        mine = first.get(f"/enter/{found.token}")

        assert (came.status_code, came.headers["location"]) == (303, "/")
        assert {"HttpOnly", "SameSite=strict"} <= set(came.headers["set-cookie"].split("; "))
        assert (again.status_code, mine.status_code) == (403, 403)
        assert second.get("/overview").status_code == 403
        assert first.get("/").status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost:5000", "127.0.0.1", "127.0.0.1:5001", "127.0.0.1.evil:5000"]
)
def test_by_another_name_of_this_machine_nobody_gets_in(host: str) -> None:
    """A page elsewhere whose name is made to mean this machine (DNS rebinding) reads nothing."""
    found, _kept = session()
    with browser(found) as guest:
        assert guest.get(f"/enter/{found.token}", headers={"Host": host}).status_code == 421
    with entered(found) as guest:  # the token was not used up by that
        answer = guest.get("/dossier/1", headers={"Host": host})

        assert answer.status_code == 421
        assert SECRET not in answer.text


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:5001", ""])
def test_what_comes_from_another_page_is_not_done(origin: str) -> None:
    """Neither a verdict nor the end, with the cookie and all."""
    found, kept = session()
    with entered(found) as guest:
        for path in ("/dossier/1", "/begin", "/end"):
            answer = guest.post(path, data={"verdict": "good"}, headers={"Origin": origin})
            assert answer.status_code == 403

    assert (kept.verdicts, found.ended) == ([], False)


def test_nothing_is_kept_by_a_browser() -> None:
    """No answer may be stored, framed, or fetch anything elsewhere; titles and addresses are bare."""
    found, _kept = session()
    with entered(found) as guest:
        for path in EVERY:
            answer = guest.get(path)
            policy = answer.headers["content-security-policy"]

            assert answer.headers["cache-control"] == "no-store"
            assert "default-src 'none'" in policy
            assert "unsafe" not in policy
            assert "frame-ancestors 'none'" in policy
        text = guest.get("/dossier/2").text

    (title,) = re.findall("<title>(.*)</title>", text)
    assert SECRET in text
    assert SECRET not in title
    assert not re.findall(r"<script(?! src=\"/own/)|<[^>]* style=|<[^>]* on[a-z]+=", text)
    assert 'autocomplete="off"' in text


def test_a_whole_sample_is_judged_by_its_forms() -> None:
    """Without a script: each verdict leads to the next dossier that nobody judged."""
    found, kept = session(3)
    with entered(found) as guest:
        began = guest.post("/begin", data={"by": "Z. Voorbeeld"})
        first = guest.post("/dossier/1", data={"verdict": "good", "remark": ""})
        third = guest.post("/dossier/3", data={"verdict": "unsure", "remark": ""})
        second = guest.post("/dossier/2", data={"verdict": "wrong", "remark": " Verkeerde. "})
        overview = guest.get("/overview").text

    places = [answer.headers["location"] for answer in (began, first, third, second)]
    assert places == ["/dossier/1", "/dossier/2", "/dossier/2", "/overview"]
    assert [one.verdict for one in kept.verdicts[-1].dossiers] == [
        Verdict.GOOD,
        Verdict.WRONG,
        Verdict.UNSURE,
    ]
    assert kept.remarks[-1] == ("https://epd.example/Patient/2", "Verkeerde.")
    assert "Verkeerde" not in str(kept.verdicts)
    assert overview.count("Z. Voorbeeld") == 3


def test_what_is_wrong_needs_a_remark_and_whoever_judges_a_name() -> None:
    """Else nothing is kept, and what was typed stands there still."""
    found, kept = session(1, names=())
    with entered(found) as guest:
        assert guest.get("/dossier/1").headers["location"] == "/"
        nameless = guest.post("/dossier/1", data={"verdict": "good"})
        assert guest.post("/begin", data={"by": "1"}).status_code == 422
        guest.post("/begin", data={"by": "Z. Voorbeeld"})
        bare = guest.post("/dossier/1", data={"verdict": "wrong", "remark": "  "})
        long = guest.post("/dossier/1", data={"verdict": "good", "remark": "<b>" + "x" * 2_001})
        huge = guest.post("/dossier/1", data={"verdict": "good", "remark": "x" * 99_999})

    assert (nameless.status_code, bare.status_code, long.status_code) == (303, 422, 422)
    assert huge.status_code == 404
    assert "&lt;b&gt;xxx" in long.text
    assert kept.verdicts == []


def test_only_who_was_named_may_judge() -> None:
    """Of several names one is chosen."""
    found, _kept = session(1, names=("Z. Voorbeeld", "A. Ander"))
    with entered(found) as guest:
        assert guest.post("/begin", data={"by": "C. Derde"}).status_code == 422
        assert found.by == ""
        assert guest.post("/begin", data={"by": "A. Ander"}).status_code == 303

    assert found.by == "A. Ander"


def test_after_the_end_nobody_gets_in() -> None:
    """Not with the cookie either; what was shown is let go of."""
    found, _kept = session()
    ended: list[bool] = []
    with entered(found, ended) as guest:
        last = guest.post("/end")
        after = [guest.get(path) for path in EVERY]

        assert last.status_code == 200
        assert {answer.status_code for answer in after} == {403}
        assert ended == [True]
    assert (found.cards, found.remarks) == ((), {})


def test_what_stands_in_a_dossier_is_text_and_no_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name with marks in it does nothing."""
    monkeypatch.setattr("judged_scene.SECRET", "<script>x</script>")
    found, _kept = session(1)
    with entered(found) as guest:
        text = guest.get("/dossier/1").text

    assert "<script>x" not in text
    assert "&lt;script&gt;x" in text


def test_the_page_is_in_the_readers_language() -> None:
    """Dutch, and English when that was asked for."""
    said = {}
    for language in ("nl", "en"):
        set_language(language)
        try:
            found, _kept = session(1)
            with entered(found) as guest:
                said[language] = guest.get("/dossier/1").text
        finally:
            set_language("nl")

    assert '<html lang="nl">' in said["nl"]
    assert "weet niet" in said["nl"]
    assert "do not know" in said["en"]
    assert "weet niet" not in said["en"]


@pytest.mark.parametrize("path", ["/dossier/0", "/dossier/4", "/dossier/x", "/own/../app.py"])
def test_what_is_not_there_is_not_there(path: str) -> None:
    """No other file is given, and no other dossier."""
    found, _kept = session(3)
    with entered(found) as guest:
        assert guest.get(path).status_code == 404
        assert guest.asked("HEAD", "/").status_code == 405
    assert ORIGIN.startswith("http://127.0.0.1")
