"""The register: which test holds which promise, and a change of one line that it notices.

`register/*.yaml` is written by hand, one file per room. An entry is one of

* a promise that is kept: `says`, `tests`, `breaks`;
* a promise of something that is not built yet: `says`, `unbuilt` (which command or module is absent);
* a sentence that has the word but promises nothing: `says`, `no_promise` (why).
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator
from ruamel.yaml import YAML
from sentences import ROOT

FOLDER = Path(__file__).parent / "register"
_Code = Annotated[str, StringConstraints(min_length=1)]
_Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]


class Break(BaseModel):
    """A change that makes a promise untrue.

    Attributes:
        file: relative to the root of the project.
        old: the text as it stands; it occurs once.
        new: what to put there.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    file: _Text
    old: _Code
    new: str

    def broken(self, source: str) -> str:
        """Return the module with the change in it.

        Raises:
            ValueError: the text does not occur exactly once.
        """
        occurs = source.count(self.old)
        if occurs != 1:
            raise ValueError(f"{self.file}: {self.old!r} occurs {occurs} times, not once")
        return source.replace(self.old, self.new)


class Promise(BaseModel):
    """One promise, and what holds it.

    Attributes:
        says: the sentences that make it, as `document: sentence`; `by hand` when no document does.
        tests: node ids of the tests that fail when it is broken.
        breaks: changes that make it untrue, each of which one of the tests notices.
        unbuilt: what does not exist yet, and with which (the rest of) the promise comes: a module
            `src/…`, a command, an option `--…`.
        no_promise: why the sentence promises nothing that could be broken.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    says: list[_Text] = Field(min_length=1)
    tests: list[_Text] = []
    breaks: list[Break] = []
    unbuilt: str = ""
    no_promise: str = ""

    @model_validator(mode="after")
    def _one_kind(self) -> Promise:
        built = bool(self.tests and self.breaks)
        if bool(self.no_promise) == (built or bool(self.unbuilt)) or bool(self.tests) != built:
            raise ValueError("say tests and breaks, or unbuilt, or no_promise")
        return self

    @property
    def kept(self) -> bool:
        """Tell whether this promise has something to break."""
        return bool(self.breaks)


def load() -> list[tuple[str, Promise]]:
    """Return every entry with the file that it stands in, in order."""
    yaml = YAML(typ="safe")
    return [
        (path.stem, Promise.model_validate(entry))
        for path in sorted(FOLDER.glob("*.yaml"))
        for entry in yaml.load(path)
    ]


def room_of(path: str) -> str:
    """Return the room of a module or of a test: `src/kt_migrate/load/run.py` and `tests/load/…` are `load`."""
    parts = (
        path.split("::", maxsplit=1)[0]
        .removeprefix("src/kt_migrate/")
        .removeprefix("tests/")
        .split("/")
    )
    return parts[0].removesuffix(".py")


def exists(test: str) -> bool:
    """Tell whether a test with this node id is defined, its parameters aside."""
    path, _, name = test.partition("::")
    function = name.partition("[")[0].rpartition("::")[2]
    return (ROOT / path).exists() and f"def {function}(" in (ROOT / path).read_text("utf-8")
