"""The examples that an algorithm carries: what of Koppeltaal 1.3 must become what, shown.

They lie in the folder that the algorithm calls `examples`, in YAML files of the form below.
`plan.examples` plans each of them as a small archive, and holds the result against what stands
here. Nothing in them is anybody's: they are invented, so their values may be shown.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

import orjson
from pydantic import BeforeValidator, Field, model_validator

from kt_migrate.algorithm.parts import Name, Part, Text
from kt_migrate.algorithm.policies import Policies
from kt_migrate.config import Application
from kt_migrate.errors import said


def _from_json(value: object) -> object:
    """Read a text as JSON; anything else is what it is."""
    if not isinstance(value, str):
        return value
    try:
        return orjson.loads(value.encode())
    except orjson.JSONDecodeError as error:
        raise ValueError(
            said("this is no JSON (line {line} of the text)", line=error.lineno)
        ) from None


_Object = Annotated[dict[str, Any], BeforeValidator(_from_json)]
_Resources = Annotated[tuple[dict[str, Any], ...], BeforeValidator(_from_json), Field(min_length=1)]


class Source(Part):
    """A fragment of Koppeltaal 1.3: one object, in either serialisation, or a whole document.

    Attributes:
        link: the object's self link, without version.
        content: the object as DSTU1 JSON (`json` in YAML), as text or as YAML.
        xml: the object as DSTU1 XML, with its namespace.
        document: a message or a search as it was delivered, XML or JSON.
    """

    link: Text | None = None
    content: _Object | None = Field(default=None, alias="json")
    xml: Text | None = None
    document: Text | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        given = [one for one in (self.content, self.xml, self.document) if one is not None]
        if len(given) != 1:
            raise ValueError(said("give one of json, xml and document"))
        if (self.link is None) == (self.document is None):
            raise ValueError(
                said("json and xml need the link of their object, a document has none")
            )
        return self


class Supplied(Part):
    """One value of an enrichment file."""

    link: Text
    field: Text
    value: Text


class Said(Part):
    """One line of the error list."""

    code: Text
    path: str = ""
    rule: str = ""
    detail: str = ""


class Expected(Part):
    """What one object becomes: resources, or why there are none; and all that is said of it.

    Attributes:
        object: its link (an activity's identifier, an application's name).
        type: its type, as the books call it.
        resources: the R4 resources, as text or as YAML.
        not_migrated: the rule that says that it has no home.
        rejected: every reason, in any order.
        out_of_scope: the reason.
        notices: every notice besides, in any order.
    """

    object: Text
    type: Text
    resources: _Resources | None = None
    not_migrated: Text | None = None
    rejected: tuple[Said, ...] | None = Field(default=None, min_length=1)
    out_of_scope: Text | None = None
    notices: tuple[Said, ...] = ()

    @model_validator(mode="after")
    def _one(self) -> Self:
        fates = (self.resources, self.not_migrated, self.rejected, self.out_of_scope)
        if sum(fate is not None for fate in fates) != 1:
            raise ValueError(said("give one of resources, not_migrated, rejected and out_of_scope"))
        return self


class Example(Part):
    """One example.

    Attributes:
        id: its name; unique among the algorithm's examples.
        shows: what it shows, in a sentence.
        policies: choices that it makes otherwise than the algorithm.
        scoped: whether it is run within the algorithm's scope; else everything is in scope, so
            that what a rule does shows, whatever an algorithm above leaves behind.
        applications: entries of kt-migrate.yaml.
        enrichment: what the supplier added.
        background: names of objects of the file that are there too (`with` in YAML).
        source: what Koppeltaal 1.3 had, in the order in which it was sent.
        becomes: what must come of it; objects that are not named are not looked at.
        left_behind: every rule by which an element of a type that has migrated objects is left
            behind on purpose, and every path of theirs that no rule reads.
    """

    id: Name
    shows: Text
    policies: Policies = Policies()
    scoped: bool = False
    applications: dict[Text, Application] = Field(default={})
    enrichment: tuple[Supplied, ...] = ()
    background: tuple[Name, ...] = Field(default=(), alias="with")
    source: tuple[Source, ...] = Field(min_length=1)
    becomes: tuple[Expected, ...] = Field(min_length=1)
    left_behind: tuple[Text, ...] = ()


class ExamplesFile(Part):
    """A file of examples, as it stands in YAML. Source: docs/algorithm-reference.md.

    Attributes:
        background: objects that examples name with `with`.
        cannot_fail: per rule of which no example can show that it rejects or reports: why.
    """

    schema_: Literal["kt-migrate-examples/1"] = Field(alias="schema")
    background: dict[Name, Source] = Field(default={})
    examples: tuple[Example, ...] = ()
    cannot_fail: dict[Name, Text] = Field(default={})
