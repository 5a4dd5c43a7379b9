"""Both files that a person writes: a wrong type, an unknown key, an absent key, each at its place."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel

from config.yaml_writing import Extra, Path, at, found, mappings, paths, written
from kt_migrate.config import DomainFile, Environment
from kt_migrate.errors import ConfigurationError
from kt_migrate.strict_yaml import parse_model, parse_yaml

SECRET = "geheim"
ENVIRONMENT: dict[str, Any] = {
    "schema": "kt-migrate-environment/1",
    "environment": "mgr2",
    "fhir_base_url": "https://mgr2.koppeltaal.nl/api/v1/DOMEIN/fhir/r4",
    "client_id": "client-mgr2",
    "key": {"file": "keys/mgr2.pem", "kid": "mgr2-1", "algorithm": "RS384"},
    "limits": {"max_in_flight": 8, "per_second": 20.5, "error_share": 0.25, "errors_in_a_row": 7},
    "credentials": [
        {
            "name": "portal",
            "client_id": "client-portal",
            "key": {"file": "keys/portal.pem", "kid": "portal-1", "algorithm": "RS512"},
            "writes": ["CareTeam", "Task sender:PORTAAL"],
        }
    ],
}
DOMAIN: dict[str, Any] = {
    "schema": "kt-migrate-domain/1",
    "domain": "DOMEIN",
    "archives": ["een/", "twee.zip"],
    "algorithm": "eigen.yaml",
    "enrichment": ["verrijking/"],
    "applications": {
        "SPEL": {"endpoint": "https://spel.example/launch"},
        "LIJST": {"reference": "Endpoint/9", "definition_url": "https://x.example/{identifier}"},
    },
    "source_domains": ["OUD"],
    "success": {},
    "mode": "every-version",
    "suppliers": {"ours": "EPD", "others": {"Spel": ["ActivityDefinition", "sender:SPEL"]}},
    "limits": {
        "max_file_bytes": 1048576,
        "max_entries": 500,
        "max_container_bytes": 1000000000000,
        "max_container_memory": 65536,
        "max_ratio": 10,
        "max_stream_ratio": 20,
        "ratio_floor": 1024,
        "max_depth": 250,
    },
}
SECURED: dict[str, Any] = ENVIRONMENT | {
    "key": {
        "keyring": {"service": "kt-migrate", "user": "mgr2"},
        "kid": "mgr2-1",
        "algorithm": "ES384",
    },
    "certificate": {"file": "certs/mgr2.pem", "key": "keys/mgr2-tls.pem"},
    "ca_bundle": "certs/ca.pem",
    "token_host": "login.example:8443",
}
COMMANDED: dict[str, Any] = ENVIRONMENT | {
    "key": {"command": ["pass", "show", "mgr2"], "kid": "mgr2-1", "algorithm": "RS512"}
}
FILES: dict[str, tuple[type[BaseModel], dict[str, Any]]] = {
    "environment": (Environment, ENVIRONMENT),
    "secured": (Environment, SECURED),
    "commanded": (Environment, COMMANDED),
    "domain": (DomainFile, DOMAIN),
}
REQUIRED = [
    ("environment", ("schema",)),
    ("environment", ("environment",)),
    ("environment", ("fhir_base_url",)),
    ("environment", ("client_id",)),
    ("environment", ("key",)),
    ("environment", ("key", "kid")),
    ("domain", ("schema",)),
    ("domain", ("domain",)),
]
OPTIONAL = [
    ("environment", ("key", "algorithm")),
    ("environment", ("limits",)),
    ("environment", ("limits", "max_in_flight")),
    ("environment", ("limits", "per_second")),
    ("environment", ("limits", "error_share")),
    ("environment", ("limits", "errors_in_a_row")),
    ("environment", ("credentials",)),
    ("domain", ("archives",)),
    ("domain", ("algorithm",)),
    ("domain", ("enrichment",)),
    ("domain", ("applications",)),
    ("domain", ("source_domains",)),
    ("domain", ("success",)),
    ("domain", ("mode",)),
    ("domain", ("suppliers",)),
    ("domain", ("suppliers", "others")),
    ("domain", ("limits", "max_file_bytes")),
    ("domain", ("limits", "max_depth")),
]
_MAY_BE_NULL: set[Path] = {
    *(
        (*at, "key", way)
        for at in ((), ("credentials", 0))
        for way in ("file", "keyring", "command")
    ),
    *((key,) for key in ("certificate", "ca_bundle", "token_host")),
}
_WRONG: list[object] = [7, 0.5, True, SECRET, [SECRET], {SECRET: 1}, None, "", float("nan")]


def with_(tree: Any, path: Path, value: object) -> Any:  # noqa: ANN401  # as it stands in a file
    """Return a copy with something else at a path."""
    if not path:
        return value
    first, *rest = path
    if isinstance(tree, list):
        return [with_(x, tuple(rest), value) if n == first else x for n, x in enumerate(tree)]
    return {k: with_(x, tuple(rest), value) if k == first else x for k, x in tree.items()}


def without(tree: dict[str, Any], path: Path) -> dict[str, Any]:
    """Return a copy without what stands at a path."""
    first, *rest = path
    if not rest:
        return {k: v for k, v in tree.items() if k != first}
    return {k: without(v, tuple(rest)) if k == first else v for k, v in tree.items()}


def is_right(right: object, tried: object) -> bool:
    """Tell whether a value is of the type of what should stand there."""
    if isinstance(right, bool) or isinstance(tried, bool):
        return type(right) is type(tried)
    if isinstance(right, float):
        return isinstance(tried, int | float) and tried == tried  # noqa: PLR0124  # NaN
    if isinstance(right, str):
        return isinstance(tried, str) and tried != ""
    return type(right) is type(tried)


def wrong(right: object, path: Path) -> list[object]:
    """Return what may not stand at a path; of what may be absent, what is not given is null."""
    absent = (path[:1] == ("applications",) and len(path) == 3) or path in _MAY_BE_NULL
    tried = _WRONG[:6] + _WRONG[7:] if absent else _WRONG
    return [value for value in tried if not is_right(right, value)]


def _text(tree: object) -> bytes:
    return written(tree).content.replace(b"NaN", b".nan")


def mistake(name: str, content: bytes) -> ConfigurationError:
    """Return why a file is refused."""
    with pytest.raises(ConfigurationError) as caught:
        parse_model(FILES[name][0], parse_yaml(content, "t.yaml"))
    assert SECRET not in caught.value.what
    assert SECRET not in caught.value.where
    assert caught.value.fix
    return caught.value


@pytest.mark.parametrize("name", FILES)
def test_a_whole_file_is_right(name: str) -> None:
    """Every option at once; what stands there is what it says."""
    model, tree = FILES[name]

    said = parse_model(model, parse_yaml(_text(tree), "t.yaml"))

    assert said.model_dump(by_alias=True, mode="json", exclude_none=True) == tree


@pytest.mark.parametrize(
    ("name", "path"), [(name, path) for name, (_m, tree) in FILES.items() for path in paths(tree)]
)
def test_a_wrong_type_anywhere_is_refused_at_its_place(name: str, path: Path) -> None:
    """Also a number in quotes, a truth for a number, and one value for a list of one."""
    right = FILES[name][1]
    for tried in wrong(found(right, path), path):
        tree = with_(right, path, tried)

        error = mistake(name, _text(tree))

        assert error.where == at(written(tree).places.get(path, (1, 1))), tried


@pytest.mark.parametrize(
    ("name", "path"),
    [
        (name, path)
        for name, (_model, tree) in FILES.items()
        for path in mappings(tree)
        if path not in {("applications",), ("success",), ("suppliers", "others")}
    ],
)
def test_an_unknown_key_anywhere_is_refused_at_its_place(name: str, path: Path) -> None:
    """A typing error is never passed over."""
    for flow in (1, 99):
        paper = written(FILES[name][1], flow, Extra(path, "onbekend", SECRET))

        error = mistake(name, paper.content)

        assert error.where == at(paper.extra_key)
        assert "onbekend" in error.what


def test_success_criteria_do_not_stand_here_but_an_empty_key_may_stay() -> None:
    """They moved to the algorithm: an older file that had none is right, and a hint says where."""
    paper = written(DOMAIN, 99, Extra(("success",), "share", "0.5"))
    error = mistake("domain", paper.content)

    assert error.where == at(paper.extra_key)
    assert "stand in the algorithm, under success" in error.what


@pytest.mark.parametrize("path", [("applications",), ("success",)])
def test_an_entry_without_a_name_is_refused_at_its_place(path: Path) -> None:
    """An application is called something, and what may not stand here is too."""
    paper = written(DOMAIN, 99, Extra(path, '""', "{endpoint: 'https://x.example'}"))

    assert mistake("domain", paper.content).where == at(paper.extra_key)


@pytest.mark.parametrize(("name", "path"), REQUIRED)
def test_an_absent_key_is_refused_where_it_should_stand(name: str, path: Path) -> None:
    """The place of what it belongs in."""
    tree = without(FILES[name][1], path)
    paper = written(tree)

    error = mistake(name, paper.content)

    assert error.where == at(paper.places.get(path[:-1], (1, 1)))
    assert f": {'.'.join(map(str, path))}: " in error.what


@pytest.mark.parametrize(("name", "path"), OPTIONAL)
def test_what_has_a_default_need_not_be_there(name: str, path: Path) -> None:
    """And the default is the one that is documented."""
    model, tree = FILES[name]

    said = parse_model(model, parse_yaml(_text(without(tree, path)), "t.yaml"))

    assert found(said.model_dump(by_alias=True, mode="json"), path) == DEFAULTS[path]


DEFAULTS: dict[Path, object] = {
    ("mode",): "latest",
    ("key", "algorithm"): "RS512",
    ("limits",): {
        "max_in_flight": 16,
        "per_second": 60,
        "error_share": 0.05,
        "errors_in_a_row": 20,
    },
    ("limits", "max_in_flight"): 16,
    ("limits", "per_second"): 60,
    ("limits", "error_share"): 0.05,
    ("limits", "errors_in_a_row"): 20,
    ("credentials",): {},
    ("archives",): ["archive/"],
    ("algorithm",): "standard",
    ("enrichment",): [],
    ("applications",): {},
    ("source_domains",): [],
    ("success",): {},
    ("suppliers",): {"ours": "", "others": {}},
    ("suppliers", "others"): {},
    ("limits", "max_file_bytes"): 32 << 20,
    ("limits", "max_depth"): 64,
}


@pytest.mark.parametrize(
    ("name", "path", "right", "wrong"),
    [
        ("environment", ("limits", "max_in_flight"), [1, 256], [0, -1, 257, 1.5]),
        ("environment", ("limits", "per_second"), [0, 100_000], [-0.1, 100_000.5]),
        ("environment", ("limits", "error_share"), [0, 1, 0.5], [-0.01, 1.01]),
        ("environment", ("limits", "errors_in_a_row"), [0, 1, 100_000], [-1, 100_001, 1.5]),
        ("environment", ("key", "algorithm"), ["RS512", "RS384", "ES384"], ["RS256", "none"]),
        ("environment", ("schema",), [], ["kt-migrate-environment/2", "kt-migrate-domain/1"]),
        ("environment", ("environment",), [], ["prod", "MGR2", "mgr"]),
        ("domain", ("schema",), [], ["kt-migrate-domain/2", "kt-migrate-environment/1"]),
        (
            "domain",
            ("domain",),
            ["D", "a.b-c_d", "9", "x" * 64],
            [".a", "-a", "_a", "a b", "a/b", "x" * 65, "a\n", "é"],
        ),
        (
            "domain",
            ("applications", "LIJST", "reference"),
            ["Endpoint/1", "Endpoint/" + "a" * 64, "Endpoint/A-b.9"],
            ["Endpoint/", "endpoint/1", "Endpoint/a/b", "Endpoint/" + "a" * 65, "xEndpoint/1", "1"],
        ),
    ],
)
def test_a_bound_holds_to_the_last_step(
    name: str, path: Path, right: list[object], wrong: list[object]
) -> None:
    """What is just within is taken, what is just beyond is refused at its place."""
    model, tree = FILES[name]
    for value in right:
        said = parse_model(model, parse_yaml(_text(with_(tree, path, value)), "t.yaml"))
        assert found(said.model_dump(by_alias=True), path) == value
    for value in wrong:
        changed = with_(tree, path, value)
        assert mistake(name, _text(changed)).where == at(written(changed).places[path])


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({}, "give either endpoint or reference"),
        ({"endpoint": "https://a.example", "reference": "Endpoint/1"}, "give either"),
        ({"endpoint": "http://a.example"}, "endpoint must be an https address"),
        ({"endpoint": "http://"}, "endpoint must be an https address"),
        ({"endpoint": "ftp://127.0.0.1"}, "endpoint must be an https address"),
        ({"endpoint": "a.example"}, "endpoint must be an https address"),
        ({"endpoint": "http://127.0.0.1.example"}, "endpoint must be an https address"),
        ({"reference": "Endpoint/1"}, "with reference, give definition_url too"),
        ({"reference": "Endpoint/1", "definition_url": "https://a"}, "must contain {identifier}"),
        ({"endpoint": "https://a", "definition_url": "https://a"}, "must contain {identifier}"),
    ],
)
def test_an_application_has_one_endpoint_and_it_is_secure(entry: dict[str, str], said: str) -> None:
    """Either an address or a reference; a definition's url names the identifier."""
    tree = with_(DOMAIN, ("applications", "SPEL"), entry)
    paper = written(tree)

    error = mistake("domain", paper.content)

    assert error.where == at(paper.places["applications", "SPEL"])
    assert said in error.what


@pytest.mark.parametrize(
    "entry",
    [
        {"endpoint": "https://a.example"},
        {"endpoint": "http://127.0.0.1:8"},
        {"endpoint": "http://localhost/x"},
        {"endpoint": "http://[::1]/x"},
        {"endpoint": "https://a.example", "definition_url": "https://a/{identifier}"},
        {"reference": "Endpoint/1", "definition_url": "{identifier}"},
    ],
)
def test_an_application_may_be_on_this_machine(entry: dict[str, str]) -> None:
    """Without https, there only."""
    tree = with_(DOMAIN, ("applications", "SPEL"), entry)

    said = parse_model(DomainFile, parse_yaml(_text(tree), "t.yaml"))

    assert said.applications["SPEL"].model_dump(exclude_none=True) == entry


@pytest.mark.parametrize("name", FILES)
def test_what_was_read_cannot_be_changed(name: str) -> None:
    """A plan is bound to it."""
    model, tree = FILES[name]
    said = parse_model(model, parse_yaml(_text(tree), "t.yaml"))

    with pytest.raises(ValueError, match="frozen"):
        said.schema_ = "x"  # type: ignore[attr-defined]  # of both models


def _key(**ways: object) -> bytes:
    return _text(with_(ENVIRONMENT, ("key",), {**ways, "kid": "mgr2-1"}))


@pytest.mark.parametrize(
    "ways",
    [
        {},
        {"file": None},
        {"file": "a", "keyring": {"service": "s", "user": "u"}},
        {"file": "a", "command": ["a"]},
        {"keyring": {"service": "s", "user": "u"}, "command": ["a"]},
        {"file": "a", "keyring": {"service": "s", "user": "u"}, "command": ["a"]},
    ],
)
def test_a_key_is_kept_in_exactly_one_way(ways: dict[str, object]) -> None:
    """None is not enough, two is one to forget."""
    error = mistake("environment", _key(**ways))

    assert "key: give exactly one of file, keyring and command" in error.what


@pytest.mark.parametrize(
    ("ways", "kept"),
    [
        ({"file": "a"}, "file"),
        ({"keyring": {"service": "s", "user": "u"}}, "keyring"),
        ({"command": ["a", "--b"]}, "command"),
    ],
)
def test_a_key_says_how_it_is_kept(ways: dict[str, object], kept: str) -> None:
    """One of three."""
    said = parse_model(Environment, parse_yaml(_key(**ways), "t.yaml"))

    assert said.key.kept == kept


@pytest.mark.parametrize("command", [[], "pass show x", ["a"] * 65, [""], ["a", 1]])
def test_a_command_is_a_list_of_words(command: object) -> None:
    """No shell takes it apart; a number in it is written as text."""
    assert ": key.command" in mistake("environment", _key(command=command)).what


@pytest.mark.parametrize(
    ("env", "host", "said"),
    [
        ("mgr2", "prd2.koppeltaal.nl", "this host is another environment's"),
        ("mgr2", "PRD2.koppeltaal.nl", "this host is another environment's"),
        ("mgr2", "login.acc21.koppeltaal.nl", "this host is another environment's"),
        ("mgr2", "local.koppeltaal.nl", "this host is another environment's"),
        ("mgr2", "127.0.0.1", "this machine is the login of local, and of no other"),
        ("mgr2", "localhost:8443", "this machine is the login of local, and of no other"),
        ("local", "login.example", "this machine is the login of local, and of no other"),
        ("local", "mgr2.koppeltaal.nl", "this machine is the login of local, and of no other"),
        ("mgr2", "login.example:70000", "the port must be a number up to 65535"),
        ("mgr2", "https://login.example", "expected a text of the form"),
        ("mgr2", "login.example/token", "expected a text of the form"),
        ("mgr2", "user@login.example", "expected a text of the form"),
        ("mgr2", "user:geheim@login.example", "expected a text of the form"),
        ("mgr2", "login.example.", "expected a text of the form"),
        ("mgr2", "*.example", "expected a text of the form"),
        ("mgr2", "login.example:0", "expected a text of the form"),
        ("mgr2", "a" * 254, "at most 253"),
    ],
)
def test_a_login_is_at_no_host_of_another_environment(env: str, host: str, said: str) -> None:
    """Nor below it; local's is on this machine, as local is."""
    tree = ENVIRONMENT | {"environment": env, "token_host": host}
    if env == "local":
        tree["fhir_base_url"] = "http://127.0.0.1:8420/fhir/r4"
    paper = written(tree)

    error = mistake("environment", paper.content)

    assert error.where == at(paper.places["token_host",])
    assert said in error.what
    assert len(error.what.splitlines()) == 1


@pytest.mark.parametrize(
    ("env", "host"),
    [
        ("mgr2", "login.example"),
        ("mgr2", "login.example:8443"),
        ("mgr2", "login.mgr2.koppeltaal.nl"),
        ("mgr2", "notprd2.koppeltaal.nl"),
        ("mgr2", "prd2.koppeltaal.nl.example"),
        ("local", "localhost"),
        ("local", "127.0.0.1:8421"),
    ],
)
def test_a_login_may_be_at_a_host_of_its_own(env: str, host: str) -> None:
    """Named in full, with a port when it is not https's own."""
    tree = ENVIRONMENT | {"environment": env, "token_host": host}
    if env == "local":
        tree["fhir_base_url"] = "http://127.0.0.1:8420/fhir/r4"

    assert parse_model(Environment, parse_yaml(_text(tree), "t.yaml")).token_host == host


@pytest.mark.parametrize("whose", ["geheim@", "geheim:geheim@", ":geheim@", "@"])
def test_no_name_or_password_stands_in_an_address(whose: str) -> None:
    """It would go to a server, and into logs."""
    address = f"https://{whose}mgr2.koppeltaal.nl/api/v1/DOMEIN/fhir/r4"
    tree = ENVIRONMENT | {"fhir_base_url": address}

    assert "no name or password stands in an address" in mistake("environment", _text(tree)).what
