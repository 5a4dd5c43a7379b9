"""A temporary identifier comes out of a search as it went in, whatever stands in it."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import yarl
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kt2.wire import BASE, SYSTEM, key
from kt_migrate.kt2.search import system_token, token_of
from kt_migrate.model import Key
from kt_migrate.sandbox.search_terms import Terms, Token, read_terms

SPECIAL = "\\$,|&#?=+%;/: \t\n\"'<>~*é€𝄞\x00\x7f"
TEXT = st.text(
    alphabet=st.sampled_from(SPECIAL) | st.characters(exclude_categories=["Cs"]), min_size=1
)
VALUES = st.one_of(st.text(alphabet=SPECIAL + "ab", min_size=1, max_size=12), TEXT)


def of(system: str, value: str) -> Key:
    """Return a key."""
    return Key(r4_type="Patient", system=system, value=value)


def tokens_in(query: str, *, conditional: bool = False) -> tuple[tuple[Token, ...], ...]:
    """Read a query as the sandbox does."""
    parameters = parse_qs(query, keep_blank_values=True)
    assert set(parameters) == {"identifier"}
    terms = read_terms(parameters, conditional=conditional)
    assert isinstance(terms, Terms)
    return terms.identifiers


@pytest.mark.parametrize(
    ("value", "token"),
    [
        ("https://epd.example/Patient/1", "https%3A%2F%2Fepd.example%2FPatient%2F1"),
        ("a|b,c$d", "a%5C%7Cb%5C%2Cc%5C%24d"),
        ("a\\b", "a%5C%5Cb"),
        ("a\\$", "a%5C%5C%5C%24"),
        ("a&b#c?d=e+f g/h", "a%26b%23c%3Fd%3De%2Bf%20g%2Fh"),
        ("é", "%C3%A9"),
    ],
)
def test_a_value_is_escaped_for_fhir_and_then_for_the_address(value: str, token: str) -> None:
    """Backslash, `$`, `,` and `|` for FHIR; all that is no letter or digit for the address."""
    system = "http%3A%2F%2Fkoppeltaal.nl%2Fmigration%2Fidentifier%2FPatient"

    assert token_of(key(value)) == f"{system}%7C{token}"
    assert system_token(SYSTEM) == f"{system}%7C"


@example("a\\b", "\\,c|$")
@settings(max_examples=60, deadline=None)
@given(VALUES, VALUES)
def test_a_key_that_is_searched_for_is_the_key_that_is_found(system: str, value: str) -> None:
    """Round trip through the sandbox's own reading of a search."""
    token = token_of(of(system, value))

    assert tokens_in(f"identifier={token}") == ((Token(system, value),),)
    assert token.isascii()
    assert token.isprintable()
    assert not set(token) & set(' \\|,$&#?+="')


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(VALUES, VALUES), min_size=1, max_size=4))
def test_keys_in_one_search_do_not_run_into_each_other(pairs: list[tuple[str, str]]) -> None:
    """The comma between them is the only one that counts."""
    joined = ",".join(token_of(of(system, value)) for system, value in pairs)

    assert tokens_in(f"identifier={joined}") == (tuple(Token(s, v) for s, v in pairs),)


@settings(max_examples=60, deadline=None)
@given(VALUES)
def test_a_system_alone_asks_for_any_of_its_values(system: str) -> None:
    """`system|` with nothing behind it."""
    assert tokens_in(f"identifier={system_token(system)}") == ((Token(system, None),),)


@settings(max_examples=60, deadline=None)
@given(VALUES, VALUES)
def test_what_sends_the_address_changes_nothing_in_it(system: str, value: str) -> None:
    """Httpx and aiohttp each read an address and write it anew."""
    address = f"{BASE}/Patient?identifier={token_of(of(system, value))}&_count=200"

    sent = str(yarl.URL(str(httpx.URL(address))))

    query = urlsplit(sent).query.removesuffix("&_count=200")
    assert tokens_in(query) == ((Token(system, value),),)


@settings(max_examples=60, deadline=None)
@given(VALUES, VALUES)
def test_a_condition_is_the_same_search(system: str, value: str) -> None:
    """As a header; a backslash before another mark is what HAPI loses there (server.md §1)."""
    plain, origin = (text.replace("\\", "/") for text in (value, system))
    condition = f"identifier={token_of(of(origin, plain))}"

    request = httpx.Request("POST", BASE, headers={"If-None-Exist": condition})

    assert request.headers["If-None-Exist"] == condition
    assert tokens_in(condition, conditional=True) == ((Token(origin, plain),),)


@settings(max_examples=60, deadline=None)
@given(st.tuples(VALUES, VALUES), st.tuples(VALUES, VALUES))
def test_two_keys_never_have_one_token(one: tuple[str, str], other: tuple[str, str]) -> None:
    """Else the second would be taken for the first."""
    assert (token_of(of(*one)) == token_of(of(*other))) == (one == other)
