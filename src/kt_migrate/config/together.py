"""The environments of a working folder together: nothing is shared (draaiboek, Bijlage B)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from kt_migrate.config.apart import out_of_date, shared, untried_limits
from kt_migrate.config.environment import Environment
from kt_migrate.config.files import config_path, error_of, read_environment
from kt_migrate.config.folder import Workspace
from kt_migrate.config.mistakes import Fact, Mistake, Side
from kt_migrate.config.names import ENVIRONMENTS
from kt_migrate.config.pem import public_half
from kt_migrate.config.secrets import read_secret
from kt_migrate.config.seeing import see


@dataclass(frozen=True, slots=True)
class Checked:
    """All environments of a working folder, and all that is wrong with them.

    Attributes:
        sides: those that have a file, in the order of ENVIRONMENTS.
        mistakes: what must be corrected.
        warnings: what is to be looked at.
    """

    sides: tuple[Side, ...]
    mistakes: tuple[Mistake, ...]
    warnings: tuple[Mistake, ...]


def check(workspace: Workspace, now: datetime) -> Checked:
    """Look at every environment, and at all of them together.

    Keys are got from wherever they are kept: a program that gives one is run, once.

    Args:
        workspace: the working folder.
        now: the moment, with its zone.
    """
    seen = (
        see(workspace, name, lambda key, where: read_secret(workspace.root, key, where))
        for name in ENVIRONMENTS
    )
    sides = tuple(side for side in seen if side is not None)
    dates = [out_of_date(side, now) for side in sides]
    crossed = shared(sides)
    places = {mistake.places[0] for mistake in crossed} | {m.places[1] for m in crossed}
    own = (
        mistake
        for side in sides
        for mistake in side.mistakes
        if mistake.code != "file" or not places.intersection(mistake.places)
    )
    return Checked(
        sides,
        (*crossed, *own, *(mistake for wrong, _ in dates for mistake in wrong)),
        (
            *(warning for side in sides for warning in side.warnings),
            *(warning for _, odd in dates for warning in odd),
            *untried_limits(sides),
        ),
    )


def require_own_key(workspace: Workspace, name: str, content: bytes, where: str) -> None:
    """Refuse a key that another environment has in a file, however ours was got.

    Args:
        workspace: the working folder.
        name: whose key it is.
        content: the key.
        where: where its file says how it is kept.

    Raises:
        ConfigurationError: another environment has it too.
    """
    mine = Side(name=name, facts=(Fact("key", public_half(content), where),), places={})
    others = (see(workspace, other) for other in ENVIRONMENTS if other != name)
    wrong = shared([mine, *(side for side in others if side is not None)])
    if wrong_here := tuple(mistake for mistake in wrong if name in mistake.environments):
        raise error_of(wrong_here)


def load_environment(workspace: Workspace, name: str) -> Environment:
    """Read configs/<name>.yaml, and see that it shares nothing with the others.

    What is in a keyring or comes from a program is not asked for here: no command runs the
    program of an environment that it does not use.

    Raises:
        ConfigurationError: it is not there, is wrong, has another environment's name, is not
            kept safe, or shares with another environment what it may not (Bijlage B).
    """
    environment, _file = read_environment(workspace, name)
    others = [other for other in ENVIRONMENTS if other != name]
    for other in others:
        if config_path(workspace, other).is_file():
            read_environment(workspace, other)  # what is wrong cannot be compared
    sides = [side for each in (name, *others) if (side := see(workspace, each)) is not None]
    wrong = (*shared(sides), *(mistake for side in sides for mistake in side.mistakes))
    mine = tuple(mistake for mistake in wrong if name in mistake.environments)
    if mine:
        raise error_of(mine)
    return environment
