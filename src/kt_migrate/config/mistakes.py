"""What can be wrong with environments, and what stands in their files: values, no judgement."""

from __future__ import annotations

from dataclasses import dataclass

from kt_migrate.config.environment import Environment
from kt_migrate.config.pem import Certified
from kt_migrate.errors import said

FIX_SHARED = said("Give each environment its own (draaiboek, Bijlage B).")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """Something that is wrong, or only odd.

    Attributes:
        code: its kind, in a word.
        environments: which it is about; two when it lies between them.
        places: where, as `file:line:column` or as a path; of what lies between two, both.
        what: what is wrong; never a value of a file.
        fix: what to do.
    """

    code: str
    environments: tuple[str, ...]
    places: tuple[str, ...]
    what: str
    fix: str

    def as_json(self) -> dict[str, object]:
        """Return it for `--json`."""
        return {
            "code": self.code,
            "environments": list(self.environments),
            "places": list(self.places),
            "what": self.what,
            "fix": self.fix,
        }


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that no two environments may have both.

    Attributes:
        what: what it is: `key`, `client_id`, `host`.
        value: what is compared.
        where: `file:line:column`, or a path.
    """

    what: str
    value: str
    where: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One environment, as it is seen from beside the others.

    Attributes:
        name: `mgr2`.
        facts: what nobody else may have.
        runs: where its run folders really lie.
        mistakes: what is wrong with it by itself.
        warnings: what is odd, and no mistake.
        environment: what its file says; None when that is not right.
        places: where each key of its file stands, for those that a warning names.
        thumbprint: of its private key; nothing when that could not be read.
        certified: its client certificate; None when it has none, or it could not be read.
        trusted: fingerprints of the CA bundle.
        clients: thumbprint per entry of `credentials`; nothing where its key was not read.
    """

    name: str
    facts: tuple[Fact, ...]
    runs: Fact | None = None
    mistakes: tuple[Mistake, ...] = ()
    warnings: tuple[Mistake, ...] = ()
    environment: Environment | None = None
    places: dict[str, str]
    thumbprint: str = ""
    certified: Certified | None = None
    trusted: tuple[str, ...] = ()
    clients: tuple[str, ...] = ()
