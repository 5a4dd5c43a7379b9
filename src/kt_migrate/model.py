"""The values that travel between the rooms. Frozen: a step makes new ones, it changes none.

Two JSON-like forms occur:

* `Body`: a KT 1.3 resource in canonical DSTU1 form, the same whether it came from Atom XML or
  from DSTU1 JSON. Every element is a list; a primitive is its text (`"true"`, `"33"`).
* `Resource`: an R4 resource as FHIR JSON, as it will be sent.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

Node: TypeAlias = "str | dict[str, list[Node]]"
Body: TypeAlias = dict[str, list[Node]]
Json: TypeAlias = "str | int | bool | None | list[Json] | dict[str, Json]"
Resource: TypeAlias = dict[str, Json]

MIGRATION_SYSTEM = "http://koppeltaal.nl/migration/identifier/"
"""Base of every temporary identifier's system. Source: MIG-KT-002."""

PROFILE_BASE = "http://koppeltaal.nl/fhir/StructureDefinition/KT2"
"""A KT 2.0 profile's URL is this plus the R4 type. Source: KT2 IG 0.16.3."""


class Mode(StrEnum):
    """What becomes of the versions of an object."""

    LATEST = "latest"
    """Each object is written once, in its last state."""
    EVERY_VERSION = "every-version"
    """Each version is a create or an update of its own; the last state ends the row."""


class Outcome(StrEnum):
    """The fate of an object. Every object has exactly one; a sighting of it has none."""

    MIGRATED = "migrated"
    NOT_MIGRATED = "not_migrated"
    REJECTED = "rejected"
    OUT_OF_SCOPE = "out_of_scope"


class Form(StrEnum):
    """Which copy of a message this is; it decides what its versions mean (kt13.md §1.7b)."""

    QUEUE = "queue"
    """As the server delivered it: a version is the one that this message created."""
    SENDER = "sender"
    """As the sender posted it: a version is the one that the update was based on."""
    SEARCH = "search"
    """An entry of an ActivityDefinition search: the server's own current version."""


class DocumentKind(StrEnum):
    """The kinds of document in an archive (kt13.md §1.5). The first three are input."""

    QUEUE_MESSAGE = "queue-message"
    SENDER_MESSAGE = "sender-message"
    DEFINITION_SEARCH = "activity-definition-search"
    POST_RESPONSE = "post-response"
    SEARCH_SUMMARY = "search-summary"
    OPERATION_OUTCOME = "operation-outcome"


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """One thing that a person must know or do.

    Attributes:
        code: a code of `catalogue.CATALOGUE`, never reused.
        path: the FHIR path it is about, without values; empty when it is the whole object.
        rule: id of the algorithm's rule, or empty.
        detail: a code, type or count from the *metadata* (never a name, date of birth, BSN,
            e-mail or other content of the object).
    """

    code: str
    path: str = ""
    rule: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceVersion:
    """One version of one KT 1.3 object, as one message carried it.

    Attributes:
        source_type: from the content, never from the URL: `Patient`, `CareTeam`, `CarePlan`, …;
            for `Other` the OtherResourceUsage code (kt13.md §4.9).
        link: the resource link (absolute URL without `/_history/…`), byte for byte.
        version: the text after `/_history/`, verbatim; None when there was none.
        body: the content in canonical form.
        removed: how many characters that FHIR forbids were taken out of it.
    """

    source_type: str
    link: str
    version: str | None
    body: Body
    removed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One KT 1.3 message (or one ActivityDefinition search), with the objects that it carried.

    Attributes:
        identifier: MessageHeader.identifier without `urn:uuid:`: the key for de-duplication
            (kt13.md §5.4). A search has none: `search:` plus the digest of its entries.
        event: event code; `ActivityDefinitionSearch` for a search.
        form: which copy this is.
        iid: the server's counter, from the header's own link; None in a sender copy.
        timestamp: MessageHeader.timestamp, verbatim (sender's clock).
        domain: label of the security tag, or empty.
        sender: `source.software`, or empty.
        status: ProcessingStatus code, or empty.
        focal: link of the focal object (without version), or empty.
        objects: what the message carried, in document order, the header excluded.
        issues: what is wrong with single entries: each is one rejected object.
    """

    identifier: str
    event: str
    form: Form
    iid: int | None
    timestamp: str
    domain: str
    sender: str
    status: str
    focal: str
    objects: tuple[SourceVersion, ...]
    issues: tuple[Issue, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PostResponse:
    """The server's answer to a POST: which versions it gave to the request's objects.

    Attributes:
        request: identifier of the message it answers.
        versions: (link, version) per object that got one.
    """

    request: str
    versions: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What one file turned out to be.

    Attributes:
        kind: what it is.
        messages: the messages in it.
        response: the server's answer, when it is one.
        issues: messages of a merged document that cannot be read: each is one rejected
            `Document` besides the messages that can.
    """

    kind: DocumentKind
    messages: tuple[Message, ...] = ()
    response: PostResponse | None = None
    issues: tuple[Issue, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """A file (or a part of one) that cannot be input; counted as a rejected `Document`."""

    issue: Issue


@dataclass(frozen=True, slots=True, kw_only=True)
class NoMessage:
    """A file that no message can be, by its name: counted per kind, not listed one by one.

    Attributes:
        kind: what the count is shown under: an extension (`.txt`), a name (`Thumbs.db`), or
            `dot files`.
    """

    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFile:
    """One file of the archive.

    Attributes:
        name: path below its archive root, `/` as separator; inside a zip `a.zip!b/c.xml`.
        sha256: digest of the bytes, hexadecimal.
        size: length in bytes.
        content: the bytes, or why there are none.
    """

    name: str
    sha256: str
    size: int
    content: bytes | Unreadable | NoMessage


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Key:
    """The temporary identifier of one R4 resource: the key of every write. Source: MIG-KT-002.

    Attributes:
        r4_type: `Patient`, `Task`, …
        system: `http://koppeltaal.nl/migration/identifier/<type>`; for a Task the type is
            `CarePlanActivity` (or `CarePlanSubActivity`).
        value: the KT 1.3 resource link without version, or the activity's identifier.
    """

    r4_type: str
    system: str
    value: str

    @property
    def reference(self) -> str:
        """How a planned resource refers to it: a FHIR conditional reference."""
        return f"{self.r4_type}?identifier={self.system}|{self.value}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceObject:
    """The last state of one object, as the mapping gets it.

    Attributes:
        source_type: a key of the algorithm's `types`: `Patient`, `CarePlanActivity`, …
        link: resource link; activity identifier; application name.
        body: canonical form. What is put together from several objects (a CarePlanActivity,
            a CareTeam with its members) is described in docs/design.md, step 4.
    """

    source_type: str
    link: str
    body: Body


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A reference that a planned resource makes to another planned resource.

    Attributes:
        target: what it refers to.
        path: where it stands, as keys and indices from the root.
        remove: what to leave out when the target will not be there (the reference itself, or
            the element that is senseless without it); empty for a mandatory reference: then
            the whole resource is rejected.
        rule: id of the rule that made it.
        others: what it refers to instead, the first of them that will be there, when the target
            will not.
    """

    target: Key
    path: tuple[str | int, ...]
    remove: tuple[str | int, ...] = ()
    rule: str = ""
    others: tuple[Key, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """One R4 resource that must come to exist.

    `resource` is complete but for ids: references to other writes are conditional references
    (`Key.reference`), each listed in `references`.
    """

    key: Key
    resource: Resource
    references: tuple[Reference, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Supplied:
    """A value that the supplier gave, and where it stands. Only the mapping looks at the value.

    Attributes:
        value: as it stands in the enrichment.
        file: name of the file.
        line: line in it, from 1.
    """

    value: str
    file: str
    line: int

    @property
    def where(self) -> str:
        """Return the file and the line: what may be shown of it."""
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """That a rule took the supplied value of a field, and not what the message says."""

    rule: str
    field: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapped:
    """The object becomes these resources (one, but for `task_owner: one-task-each`)."""

    writes: tuple[Write, ...]
    notices: tuple[Issue, ...] = ()
    used: tuple[Used, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NotMigrated:
    """The algorithm says that this object has no home in KT 2.0: a decision, not an error."""

    rule: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """The object cannot be migrated; the issues say why. At least one."""

    issues: tuple[Issue, ...]
    used: tuple[Used, ...] = ()
