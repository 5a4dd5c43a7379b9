"""The page of a sample: who gets in, what is kept, and what works without a script."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from judged_scene import ORIGIN, SECRET, browser, entered, session
from kt_migrate.judging.app import cookie_of
from kt_migrate.language import set_language
from kt_migrate.reports.errors.remarks import MOST
from kt_migrate.reports.judged import Verdict

COOKIE = cookie_of("127.0.0.1:5000")
EVERY = ("/", "/overview", "/dossier/1", "/own/style.css", "/own/keys.js", "/nothing")


@pytest.mark.parametrize("path", [*EVERY, "/begin", "/end"])
def test_without_the_token_nobody_gets_in(path: str) -> None:
    """Neither by reading nor by writing; nothing of a dossier is said."""
    found, _kept = session()
    with browser(found) as guest:
        answers = [guest.get(path), guest.post(path, data={"verdict": "good"})]

    assert {answer.status_code for answer in answers} == {403}
    assert not any(SECRET in answer.text for answer in answers)
    assert not found.ended


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
        assert second.get("/", headers={"Cookie": f"{COOKIE}={found.token}"}).status_code == 403
    assert min(len(found.token), len(came.cookies[COOKIE])) >= 43


def test_two_samples_in_one_browser_do_not_take_each_others_place() -> None:
    """A browser sends the cookies of a machine to every port of it: each has a name of its own."""
    found, _kept = session()
    with browser(found) as guest:
        mine = guest.get(f"/enter/{found.token}").cookies[COOKIE]
        both = f"kt-migrate-sample-5001=x; {COOKIE}={mine}; kt-migrate-sample-5002=y"
        assert guest.get("/", headers={"Cookie": both}).status_code == 200
    assert cookie_of("127.0.0.1:5001") != COOKIE


def test_an_address_that_was_never_used_opens_nothing_after_the_end() -> None:
    """Nobody came, and it is over."""
    found, _kept = session()
    found.end()
    with browser(found) as guest:
        assert guest.get(f"/enter/{found.token}").status_code == 403


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


POLICY = {
    "default-src 'none'",
    "script-src 'self'",
    "img-src 'self' data:",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
}
BOUND = {
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
}


def test_nothing_is_kept_by_a_browser() -> None:
    """No answer may be stored, framed, or fetch anything elsewhere; titles and addresses are bare."""
    found, _kept = session()
    with entered(found) as guest, browser(found) as stranger:
        refused = [stranger.get("/"), stranger.get("/", headers={"Host": "x"})]
        for answer in [*map(guest.get, EVERY), *refused]:
            policy = answer.headers["content-security-policy"]
            style = re.search(r"style-src 'self' 'sha256-[^']{44}'", policy)

            assert answer.headers["cache-control"] == "no-store"
            assert style is not None
            assert {part.strip() for part in policy.split(";")} == POLICY | {style[0]}
            assert {name: answer.headers[name] for name in BOUND} == BOUND
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
        again = [guest.get(f"/dossier/{place}").text for place in (1, 2)]

    places = [answer.headers["location"] for answer in (began, first, third, second)]
    assert places == ["/dossier/1", "/dossier/2", "/dossier/2", "/overview"]
    assert [one.verdict for one in kept.verdicts[-1].dossiers] == [
        Verdict.GOOD,
        Verdict.WRONG,
        Verdict.UNSURE,
    ]
    assert kept.remarks[-1] == ("https://epd.example/Patient/2", "Verkeerde.")
    assert "Verkeerde" not in str(kept.verdicts)
    assert ["Verkeerde." in text for text in again] == [False, True]
    assert [one.remark for one in kept.verdicts[-1].dossiers] == [False, True, False]
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
        other = guest.post("/dossier/1", data={"verdict": "fine"})

    assert (nameless.status_code, bare.status_code, long.status_code) == (303, 422, 422)
    assert {huge.status_code, other.status_code} == {404}
    assert "&lt;b&gt;xxx" in long.text
    assert kept.verdicts == []


def test_only_who_was_named_may_judge() -> None:
    """Of several names one is chosen."""
    found, _kept = session(1, names=("Z. Voorbeeld", "A. Ander"))
    with entered(found) as guest:
        assert guest.post("/begin", data={"by": "C. Derde"}).status_code == 422
        assert found.by == ""
        assert guest.post("/begin", data={"by": " A. Ander "}).status_code == 303

    assert found.by == "A. Ander"


def test_after_the_end_nobody_gets_in() -> None:
    """Not with the cookie either; what was shown is let go of."""
    found, _kept = session()
    ended: list[bool] = []
    with entered(found, ended) as guest:
        guest.post("/dossier/1", data={"verdict": "unsure", "remark": "Een twijfel."})
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


@pytest.mark.parametrize(
    "path", ["/dossier/0", "/dossier/4", "/dossier/x", "/own/../app.py", "/own/base.html.j2"]
)
def test_what_is_not_there_is_not_there(path: str) -> None:
    """No other file is given, and no other dossier."""
    found, _kept = session(3)
    with entered(found) as guest:
        answer = guest.get(path)
        assert (answer.status_code, answer.text) == (404, "Deze pagina is er niet.\n")
        refused = guest.post("/overview")
        assert (refused.status_code, refused.text) == (405, "Dat doet deze pagina niet.\n")
        assert guest.asked("HEAD", "/").status_code == 405
    assert ORIGIN.startswith("http://127.0.0.1")


def test_a_remark_is_as_long_as_the_page_lets_it_be() -> None:
    """A browser counts the end of a line as one, and sends it as two."""
    found, kept = session(1)
    with entered(found) as guest:
        whole = "x" * (MOST - 2) + "\r\ny"
        answers = [
            guest.post("/dossier/1", data={"verdict": "wrong", "remark": text})
            for text in (whole, whole + "z")
        ]

    assert [answer.status_code for answer in answers] == [303, 422]
    assert kept.remarks == [("https://epd.example/Patient/1", whole.replace("\r", ""))]


def test_a_remark_holds_nothing_that_steers_a_terminal() -> None:
    """It has the form that it would have from an error list that was filled in."""
    found, kept = session(1)
    with entered(found) as guest:
        guest.post("/dossier/1", data={"verdict": "wrong", "remark": "a\x1b[2J\u202eb\nc"})

    assert [text for _link, text in kept.remarks] == ["a [2J b\nc"]


def test_what_could_not_be_kept_was_not_said() -> None:
    """The page says so, what was typed stands there still, and it can be said again."""
    found, kept = session(2)
    with entered(found) as guest:
        for broken in ("verdicts", "remark"):
            kept.full = broken
            failed = guest.post("/dossier/1", data={"verdict": "wrong", "remark": "Verkeerde."})

            assert failed.status_code == 500
            assert "kon niet worden bewaard" in failed.text
            assert "Verkeerde." in failed.text
            assert found.of(1).verdict is None
        kept.full = ""
        assert guest.post("/dossier/1", data={"verdict": "good"}).status_code == 303
    assert found.of(1).verdict is Verdict.GOOD


def test_what_could_not_be_shown_whole_cannot_be_judged_good() -> None:
    """Nobody looked at it; that it is not right, or not known, can be said."""
    found, kept = session(1)
    (card,) = found.cards
    found.cards = (
        replace(card, objects=(*card.objects, replace(card.objects[0], missing=("Weg.",)))),
    )
    with entered(found) as guest:
        text = guest.get("/dossier/1").text
        good = guest.post("/dossier/1", data={"verdict": "good"})
        others = [
            guest.post("/dossier/1", data={"verdict": verdict, "remark": "Er is iets weg."})
            for verdict in ("unsure", "wrong")
        ]

    assert re.search(r'id="good" disabled', text)
    assert "Weg." in text
    assert good.status_code == 422
    assert [answer.status_code for answer in others] == [303, 303]
    assert [one.count(Verdict.GOOD) for one in kept.verdicts] == [0, 0]


def test_a_remark_that_was_made_elsewhere_is_not_taken_away() -> None:
    """One that was made here is."""
    found, kept = session(2)
    with entered(found) as guest:
        guest.post("/dossier/1", data={"verdict": "good", "remark": ""})
        assert kept.remarks == []
        guest.post("/dossier/1", data={"verdict": "wrong", "remark": "Verkeerde."})
        guest.post("/dossier/1", data={"verdict": "good", "remark": ""})

    assert [text for _link, text in kept.remarks] == ["Verkeerde.", ""]
