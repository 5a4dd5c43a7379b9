"""Looks at one environment: its file, its key, its certificate, where its runs lie. Only reads."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from kt_migrate.config.access import KeyReference
from kt_migrate.config.addresses import host_of, owner_of
from kt_migrate.config.apart import shared_within
from kt_migrate.config.environment import Environment, Limits
from kt_migrate.config.files import (
    config_path,
    read_file,
    text_in,
    value_in,
    wrong_domain,
    wrong_name,
)
from kt_migrate.config.folder import Workspace
from kt_migrate.config.mistakes import Fact, Mistake, Side
from kt_migrate.config.pem import Certified, PrivateKey, certificates_in, private_key, public_half
from kt_migrate.config.runs import run_facts, run_mistakes
from kt_migrate.config.secrets import secret_file
from kt_migrate.errors import ConfigurationError, said
from kt_migrate.strict_yaml import YamlFile, validated

_Loc = tuple[str | int, ...]

Ask = Callable[[KeyReference, str], bytes]
"""Gets a key that is in no file, from the keyring or a program; raises as `read_secret` does."""

TEMPLATE = "fill-in"
"""So begins what `init` leaves to a person."""


def see(workspace: Workspace, name: str, ask: Ask | None = None) -> Side | None:
    """Return what there is to see of an environment; None when it has no file.

    Args:
        workspace: the working folder.
        name: which environment.
        ask: how a key is got that is in no file; None: it is not, and only its place counts.
    """
    if not config_path(workspace, name).is_file():
        return None
    try:
        file = read_file(workspace, name)
    except ConfigurationError as error:
        return Side(name=name, facts=(), mistakes=(_of(name, "file", error),), places={})
    return _Look(workspace, file, name).side(ask)


def _of(name: str, code: str, error: ConfigurationError, *places: str) -> Mistake:
    return Mistake(
        code=code,
        environments=(name,),
        places=(*places, error.where),
        what=error.what,
        fix=error.fix,
    )


class _Look:
    """One look at one environment."""

    def __init__(self, workspace: Workspace, file: YamlFile, name: str) -> None:
        self._workspace = workspace
        self._file = file
        self._name = name
        self._facts: list[Fact] = []
        self._mistakes: list[Mistake] = []
        self._warnings: list[Mistake] = []

    def side(self, ask: Ask | None) -> Side:
        """Look at everything, and return it."""
        name, file = self._name, self._file
        environment = self._environment()
        self._mistakes += wrong_name(file, name)
        self._mistakes += wrong_domain(self._workspace, file, name)
        for loc in (("client_id",), ("key", "kid")):
            if said := text_in(file, *loc):
                self._fact(loc[-1], said, loc)
        self._hosts()
        key = self._key(ask, None if environment is None else environment.key)
        clients = self._clients(ask, environment)
        certified = self._certificate()
        trusted = self._trusted()
        self._template(file.data)
        self._mistakes += run_mistakes(self._workspace.root, name, self._where("environment"))
        return Side(
            name=name,
            facts=tuple(self._facts),
            runs=run_facts(self._workspace.root, name),
            mistakes=tuple(self._mistakes),
            warnings=tuple(self._warnings),
            environment=environment,
            places=self._places(),
            thumbprint="" if key is None else key.thumbprint,
            certified=certified,
            trusted=trusted,
            clients=clients,
        )

    def _where(self, *loc: str | int) -> str:
        return self._file.where(loc)

    def _path(self, *loc: str | int) -> Path:
        return self._workspace.path(text_in(self._file, *loc))

    def _fact(self, what: str, value: str, loc: _Loc) -> None:
        self._facts.append(Fact(what, value, self._where(*loc)))

    def _wrong(self, code: str, what: str, fix: str, *places: str) -> None:
        self._mistakes.append(
            Mistake(code=code, environments=(self._name,), places=places, what=what, fix=fix)
        )

    def _odd(self, code: str, what: str, fix: str, *places: str) -> None:
        self._warnings.append(
            Mistake(code=code, environments=(self._name,), places=places, what=what, fix=fix)
        )

    def _environment(self) -> Environment | None:
        found = validated(Environment, self._file)
        if isinstance(found, Environment):
            return found
        for problem in found:
            fix = said("Correct the file at the place named.")
            self._wrong("file", problem.what, fix, problem.where)
        return None

    def _places(self) -> dict[str, str]:
        limits = {f"limits.{limit}": self._where("limits", limit) for limit in Limits.model_fields}
        return {"certificate": self._where("certificate", "file"), **limits}

    def _hosts(self) -> None:
        """Its host, that of its login, and the environments' to whose names these belong."""
        address, login = text_in(self._file, "fhir_base_url"), text_in(self._file, "token_host")
        said = (("fhir_base_url", host_of(address)), ("token_host", host_of(f"https://{login}")))
        if self._name != "local":
            self._fact("host", f"{self._name}.koppeltaal.nl", ("fhir_base_url",))
        for key, host in said:
            if host:
                self._fact("host", host, (key,))
            if owner := owner_of(host):
                self._fact("host", f"{owner}.koppeltaal.nl", (key,))

    def _clients(self, ask: Ask | None, environment: Environment | None) -> tuple[str, ...]:
        """Look at the other clients; return the thumbprint of each one's key, or nothing."""
        listed = value_in(self._file, "credentials")
        found = []
        for place in range(len(listed) if isinstance(listed, list) else 0):
            at = ("credentials", place)
            for loc in ((*at, "client_id"), (*at, "key", "kid")):
                if said := text_in(self._file, *loc):
                    self._fact(str(loc[-1]), said, loc)
            kept = None if environment is None else environment.credentials[place].key
            key = self._key(ask, kept, at)
            found.append("" if key is None else key.thumbprint)
        self._mistakes += shared_within(self._name, self._facts)
        return tuple(found)

    def _key(
        self, ask: Ask | None, reference: KeyReference | None, at: _Loc = ()
    ) -> PrivateKey | None:
        at = (*at, "key")
        if text_in(self._file, *at, "file"):
            return self._judged(self._secret(*at, "file"), reference, (*at, "file"))
        if isinstance(value_in(self._file, *at, "keyring"), dict):
            entry = [text_in(self._file, *at, "keyring", part) for part in ("service", "user")]
            self._fact("keyring entry", "\0".join(entry), (*at, "keyring"))
        command = value_in(self._file, *at, "command")
        if isinstance(command, list):
            self._fact("command", "\0".join(map(str, command)), (*at, "command"))
        if ask is None or reference is None:
            return None
        loc = (*at, reference.kept)
        try:
            content = ask(reference, self._where(*loc))
        except ConfigurationError as error:
            self._mistakes.append(_of(self._name, "secret", error))
            return None
        self._key_fact(content, loc)
        return self._judged(content, reference, loc)

    def _judged(
        self, content: bytes | None, reference: KeyReference | None, loc: _Loc
    ) -> PrivateKey | None:
        """Say what is wrong with a key that is there."""
        if content is None:
            return None
        key, place = private_key(content), self._where(*loc)
        if key is None:
            what = said("This is no private key in PEM, or it has a password.")
            self._wrong("key", what, said("Make one with kt-migrate keys new."), place)
        elif reference is not None and not key.fits(reference.algorithm):
            self._wrong(
                "key-algorithm",
                said(
                    "The private key does not fit the algorithm {algorithm}.",
                    algorithm=reference.algorithm,
                ),
                said("Correct key.algorithm in the environment's file, or make another key."),
                place,
                self._where(*loc[:-1], "algorithm"),
            )
        return key

    def _secret(self, *loc: str | int) -> bytes | None:
        """Return a key's file, and say where it lies and what is wrong with it."""
        path = self._path(*loc)
        self._fact("key", f"path {path.resolve()}", loc)
        if not path.exists() and loc[-2:] == ("key", "file"):
            self._odd(
                "key-absent",
                said("The key of {name} is not there yet.", name=self._name),
                said("Make it with kt-migrate keys new --env {name}.", name=self._name),
                self._where(*loc),
            )
            return None
        try:
            content = secret_file(path)
        except ConfigurationError as error:
            self._mistakes.append(_of(self._name, "secret", error, self._where(*loc)))
            self._compare(path, loc)
            return None
        self._key_fact(content, loc)
        return content

    def _compare(self, path: Path, loc: _Loc) -> None:
        """A key that is not used is compared all the same."""
        if path.is_file():
            with suppress(OSError):
                self._key_fact(path.read_bytes(), loc)

    def _key_fact(self, content: bytes, loc: _Loc) -> None:
        """What is no key is told apart by its bytes."""
        self._fact("key", public_half(content) or hashlib.sha256(content).hexdigest(), loc)

    def _certificate(self) -> Certified | None:
        if not text_in(self._file, "certificate", "file"):
            return None
        loc = ("certificate", "file")
        self._fact("certificate", f"path {self._path(*loc).resolve()}", loc)
        found = self._certificates(*loc)
        key = self._secret("certificate", "key")
        if not found:
            return None
        self._fact("certificate", found[0].fingerprint, loc)
        if key is not None and public_half(key) != found[0].public:
            self._wrong(
                "certificate-key",
                said(
                    "The certificate of {name} and its key do not belong together.", name=self._name
                ),
                said("Name the key with which the certificate was asked for."),
                self._where(*loc),
                self._where("certificate", "key"),
            )
        return found[0]

    def _trusted(self) -> tuple[str, ...]:
        if not text_in(self._file, "ca_bundle"):
            return ()
        return tuple(each.fingerprint for each in self._certificates("ca_bundle"))

    def _certificates(self, *loc: str) -> tuple[Certified, ...]:
        try:
            found = certificates_in(self._path(*loc).read_bytes())
        except OSError:
            found = ()
        if not found:
            what = said("This is no file with certificates in PEM, or it cannot be read.")
            self._wrong(
                "certificate", what, said("Correct the path, or the file."), self._where(*loc)
            )
        return found

    def _template(self, node: object, loc: _Loc = ()) -> None:
        for where in _left(node, loc):
            what = said("A value of the template stands here still.")
            fix = said("Fill in what the domain administration gave you for this environment.")
            self._odd("template-value", what, fix, self._file.where(where))


def _left(node: object, loc: _Loc) -> Iterator[_Loc]:
    if isinstance(node, str) and node.startswith(TEMPLATE):
        yield loc
    elif isinstance(node, dict):
        for key, value in node.items():
            yield from _left(value, (*loc, key))
