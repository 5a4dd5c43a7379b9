"""What a server says of a refusal, as far as it may be repeated. Source: FHIR R4, OperationOutcome.

A server's free text may quote a name or a date of birth, so none of it is kept as it came. Kept
is what an allow-list knows: the issue's code, its place, HAPI's number and message id, the key of
an invariant, and the template of a known text, with `…` where the text had a value.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import orjson

from kt_migrate.model import Json, Resource

_CODES = frozenset(
    [
        "invalid",
        "structure",
        "required",
        "value",
        "invariant",
        "security",
        "login",
        "unknown",
        "expired",
        "forbidden",
        "suppressed",
        "processing",
        "not-supported",
        "duplicate",
        "multiple-matches",
        "not-found",
        "deleted",
        "too-long",
        "code-invalid",
        "extension",
        "too-costly",
        "business-rule",
        "conflict",
        "transient",
        "lock-error",
        "no-store",
        "exception",
        "timeout",
        "incomplete",
        "throttled",
        "informational",
    ]
)
"""FHIR's issue-type value set."""

_TYPES = (
    "ActivityDefinition|AuditEvent|Bundle|CareTeam|Device|Endpoint|Organization|Patient"
    "|Practitioner|RelatedPerson|Subscription|Task"
)
_STEP = r"[a-z][A-Za-z0-9]{0,40}(?:\[(?:\d{1,4}|x)\])?(?::[a-z][A-Za-z0-9-]{0,40})?"
_PATH = re.compile(rf"(?:{_TYPES})(?:\.(?:ofType\([A-Za-z]{{1,40}}\)|{_STEP}))*", re.ASCII)
_LONGEST_PATH = 200
_LONGEST_TEXT = 2_000

_NUMBER = re.compile(r"(?<![\w-])HAPI-\d{4}(?!\w)", re.ASCII)
_NUMBERS = 3
_PLACED = (
    re.compile(rf"({_PATH.pattern}): (?:minimum required|max allowed) = ", re.ASCII),
    re.compile(rf"Resource .* specified in path: ({_PATH.pattern})", re.ASCII),
)
"""Texts that name the place more exactly than the issue does, or where it names none."""

_PREFIX = re.compile(r"(?:HAPI-\d{4}: ?)+", re.ASCII)
_MESSAGES = "http://hl7.org/fhir/java-core-messageId"
_MESSAGE = re.compile(
    r"(?:Bundle|Extension|Fixed|INV|Reference|SLICING|Terminology|Type|Validation)"
    r"(?:_[A-Za-z0-9]{1,40}){1,8}",
    re.ASCII,
)
_INVARIANT = re.compile(
    r"(?:Constraint failed:|Rule) ([a-z][a-z0-9]{1,20}(?:-[A-Za-z]{1,20}){0,3}-\d{1,3}):", re.ASCII
)

TEMPLATES = (
    "Can not create resource with ID[…], ID must not be supplied on a create (POST) operation",
    "Constraint failed: …",
    "Error parsing JSON: …",
    "Device not present",
    'Failed to … … with match URL "…" because this search matched … resources',
    "Failed to process conditional create. …",
    "Failed to parse request body as JSON resource. Error was: …",
    "Incorrect resource type found, expected … but found …",
    "Incorrect resource type detected for endpoint, found … but expected …",
    "Invalid Resource target type. Found …, but expected one of (…)",
    'Invalid conditional URL "…". The given resource is not matched by this URL.',
    'Invalid match URL "…" - No resources match this search',
    "No resource exists on this server resource with ID[…], …",
    "None of the codings provided are in the value set …",
    "Not a valid date format: '…'",
    "Not a valid date/time format: '…'",
    "Object must have some content",
    'Resource of type "…" does not declare conformance to profile from: …',
    "Resource … has been deleted",
    "Resource … is deleted, specified in path: …",
    "Resource … not found, specified in path: …",
    "Resource was deleted at …",
    "Slice '…': a matching slice is required, but not found (from …)…",
    "The value provided ('…') was not found in the value set …",
    "This element is not allowed by the profile …",
    "Transaction silently rolled back because it has been marked as rollback-only",
    "Trying to update … but this is not the current version",
    "Unable to find a match for the specified profile among choices: …",
    "Unable to resolve resource with reference '…'",
    "Unknown extension …",
    "Unrecognized property '…'",
    'Version "…" is not valid for resource …',
    "value should not start or finish with whitespace '…'",
    "…: max allowed = …, but found … (from …)",
    "…: minimum required = …, but only found … (from …)",
)
"""Texts of HAPI and its validator (hapi-messages.properties, Messages.properties), and KT 2.0's."""

_KNOWN = tuple(
    (re.compile(".*".join(map(re.escape, template.split("…"))), re.DOTALL), template)
    for template in TEMPLATES
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerIssue:
    """One error of an OperationOutcome, without anything that could be a value.

    Attributes:
        code: of FHIR's issue types; empty when it is none of them.
        path: place in the resource; it ends where it stops being a path.
        number: HAPI's own, the outer one first: `HAPI-0550 HAPI-0989`.
        rule: message id of HAPI's validator, or the key of an invariant.
        template: the text, when it is a known one, with `…` for every value.
    """

    code: str
    path: str
    number: str = ""
    rule: str = ""
    template: str = ""

    @property
    def said(self) -> str:
        """All of it but the place, in one line."""
        return " ".join(filter(None, (self.code, self.number, self.rule, self.template)))


def fhir(body: bytes) -> Resource | None:
    """Return the body as FHIR, whatever its type; None when it is no FHIR."""
    try:
        parsed: Json = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    return parsed if isinstance(parsed, dict) and parsed.get("resourceType") else None


def server_issues(body: bytes) -> tuple[ServerIssue, ...]:
    """Return the errors of an OperationOutcome; information and warnings come first in it."""
    outcome = fhir(body) or {}
    issues = outcome.get("issue") if outcome.get("resourceType") == "OperationOutcome" else None
    return tuple(
        _issue(issue)
        for issue in (issues if isinstance(issues, list) else [])
        if isinstance(issue, dict) and issue.get("severity") in ("error", "fatal")
    )


def _issue(issue: dict[str, Json]) -> ServerIssue:
    details = issue.get("details")
    details = details if isinstance(details, dict) else {}
    texts = [text for text in (issue.get("diagnostics"), details.get("text")) if text]
    told = [text[:_LONGEST_TEXT] for text in texts if isinstance(text, str)]
    code = issue.get("code")
    return ServerIssue(
        code=code if isinstance(code, str) and code in _CODES else "",
        path=_place_in(told) or _place(issue),
        number=next(filter(None, map(_numbers, told)), ""),
        rule=_message_id(details) or _invariant(told),
        template=next(filter(None, map(_template, told)), ""),
    )


def _place_in(texts: list[str]) -> str:
    for text in map(_bare, texts):
        for pattern in _PLACED:
            found = pattern.match(text)
            if found and len(found[1]) <= _LONGEST_PATH:
                return found[1]
    return ""


def _numbers(text: str) -> str:
    return " ".join(list(dict.fromkeys(_NUMBER.findall(text)))[:_NUMBERS])


def _place(issue: dict[str, Json]) -> str:
    for name in ("expression", "location"):
        places = issue.get(name)
        first = places[0] if isinstance(places, list) and places else None
        if isinstance(first, str) and (found := _PATH.match(first)):
            return found[0] if len(found[0]) <= _LONGEST_PATH else ""
    return ""


def _message_id(details: dict[str, Json]) -> str:
    codings = details.get("coding")
    for coding in codings if isinstance(codings, list) else []:
        match coding:
            case {"system": str(system), "code": str(code)} if system == _MESSAGES:
                return code if _MESSAGE.fullmatch(code) else ""
            case _:
                pass
    return ""


def _invariant(texts: list[str]) -> str:
    found = (_INVARIANT.match(_bare(text)) for text in texts)
    return next((match[1] for match in found if match), "")


def _template(text: str) -> str:
    bare = _bare(text)
    return next((shown for pattern, shown in _KNOWN if pattern.fullmatch(bare)), "")


def _bare(text: str) -> str:
    """Return a text without HAPI's numbers before it."""
    found = _PREFIX.match(text)
    return text[found.end() :] if found else text
