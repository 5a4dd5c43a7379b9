"""The error catalogue: every code that an error list can hold.

Codes are stable and never reused. Titles and advice are English message ids; the Dutch stands
in the translations. docs/error-catalogue.md has the same codes, and a test compares the two.

Classes are those of TOP-KT-012b: *tijdelijk* (try again), *gegevensverwerking* (the data or the
rules must change), *terminaal* (the run cannot go on).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ErrorClass(StrEnum):
    """TOP-KT-012b's three classes of error, and the notice, which is none."""

    TRANSIENT = "tijdelijk"
    DATA = "gegevensverwerking"
    TERMINAL = "terminaal"
    NOTICE = "melding"


@dataclass(frozen=True, slots=True)
class Entry:
    """One code.

    Attributes:
        code: stable, lower case with hyphens.
        error_class: what kind of trouble it is; a notice does not stop the object.
        step: where it arises: read, map, plan, write, verify, judge or undo.
        title: what it means (message id).
        advice: what a person can do (message id).
    """

    code: str
    error_class: ErrorClass
    step: str
    title: str
    advice: str


_D, _N = ErrorClass.DATA, ErrorClass.NOTICE
_T, _X = ErrorClass.TRANSIENT, ErrorClass.TERMINAL

_ENTRIES = (
    # step 1-2: archive, kt13
    Entry(
        "file-unreadable",
        _D,
        "read",
        "The file is neither XML nor JSON that can be read.",
        "Ask for the file again, or accept its loss in the report.",
    ),
    Entry(
        "file-too-large",
        _D,
        "read",
        "The file is larger than a message can be.",
        "Check what it is; raise the limit that path names only for a file that you know.",
    ),
    Entry(
        "file-doctype",
        _D,
        "read",
        "The XML has a DOCTYPE, which no Koppeltaal message has.",
        "Do not trust this file; ask where it comes from.",
    ),
    Entry(
        "file-not-a-message",
        _D,
        "read",
        "The file is readable, but no Koppeltaal document.",
        "Take it out of the archive folder if it does not belong there.",
    ),
    Entry(
        "archive-refused",
        _D,
        "read",
        "A container, or a part of one, is refused: unsafe, encrypted or damaged.",
        "Look the reason up in docs/archives.md; raise a limit under path only for what you know.",
    ),
    Entry(
        "file-not-regular",
        _D,
        "read",
        "This is no ordinary file but a pipe, socket or device; it was not opened.",
        "Take it out of the archive folder, or ask for the folder again.",
    ),
    Entry(
        "file-unreachable",
        _D,
        "read",
        "The file or folder cannot be read, or changed while it was read.",
        "Correct its rights, or see that nobody writes in the archive; then read again.",
    ),
    Entry(
        "message-incomplete",
        _D,
        "read",
        "The message has no identifier or no event.",
        "Ask the sender for a whole copy of the message.",
    ),
    Entry(
        "object-without-link",
        _D,
        "read",
        "The entry has neither a self link nor an id.",
        "Without a resource link the object cannot be followed; correct it by hand in KT 2.0.",
    ),
    Entry(
        "domain-other",
        _D,
        "read",
        "The message belongs to another domain.",
        "Take it out, or add the domain's label to source_domains in kt-migrate.yaml.",
    ),
    Entry(
        "version-conflict",
        _N,
        "read",
        "Two copies give the last version two different contents.",
        "The fuller one of the best copies was taken: look which one is right.",
    ),
    Entry(
        "characters-removed",
        _N,
        "read",
        "Characters that FHIR forbids were taken out of the object's texts.",
        "Nothing, or correct the text at the source: it may be damaged there.",
    ),
    Entry(
        "links-alike",
        _N,
        "read",
        "Another object's link is the same but for http or https, or capitals of the host.",
        "They stay two objects; look whether they are one, and correct it at the source.",
    ),
    # step 3-5: mapping, conformance
    Entry(
        "type-unknown",
        _D,
        "map",
        "The algorithm has no rule for this type of object.",
        "Add the type to the algorithm: a mapping, or not_migrated with a reason.",
    ),
    Entry(
        "value-missing",
        _D,
        "map",
        "KT 2.0 requires this element and KT 1.3 does not have it.",
        "Supply the value in the enrichment file, or correct it at the source.",
    ),
    Entry(
        "value-invalid",
        _D,
        "map",
        "The value cannot be what KT 2.0 asks for.",
        "Correct the value at the source, or supply it in the enrichment file.",
    ),
    Entry(
        "code-unknown",
        _D,
        "map",
        "The code is in no code table of the algorithm.",
        "Decide what the code means and add it to the code table.",
    ),
    Entry(
        "enrichment-conflict",
        _D,
        "map",
        "The enrichment has two different values for one field of the object.",
        "Keep one of the two lines.",
    ),
    Entry(
        "enrichment-ambiguous",
        _N,
        "map",
        "An identifier of the enrichment fits this object and another: the line is not applied.",
        "Name the object by its link instead.",
    ),
    Entry(
        "enriched",
        _N,
        "map",
        "A supplied value went before what the message says.",
        "Nothing, if that was meant: the line of the enrichment is named.",
    ),
    Entry(
        "expression-failed",
        _D,
        "map",
        "A FHIRPath expression of the algorithm cannot be worked out on this object.",
        "Correct the rule's when or from; a condition must come out true, false or empty.",
    ),
    Entry(
        "activity-unknown",
        _D,
        "map",
        "A status for an activity that no care plan has.",
        "The care plan is not in the archive; look for it at its sender.",
    ),
    Entry(
        "application-unknown",
        _D,
        "map",
        "kt-migrate.yaml has no entry for this application.",
        "Add it under applications, with its launch address.",
    ),
    Entry(
        "owner-ambiguous",
        _D,
        "map",
        "The activity has more than one performer.",
        "Choose another task_owner policy, or correct the care plan.",
    ),
    Entry(
        "reference-missing",
        _D,
        "plan",
        "A mandatory reference to what is rejected or absent.",
        "Solve the object that it refers to; this one then follows by itself.",
    ),
    Entry(
        "profile-violation",
        _D,
        "plan",
        "The result does not keep to the KT 2.0 profile.",
        "Correct the value at the source, or the rule that makes this element.",
    ),
    Entry(
        "owner-first",
        _N,
        "map",
        "More than one performer: the first became the owner.",
        "Check with the care provider whether the others must see the task.",
    ),
    Entry(
        "definition-unresolved",
        _N,
        "plan",
        "The activity's definition will not be in KT 2.0.",
        "Supply the catalogue, or the application's address in kt-migrate.yaml.",
    ),
    Entry(
        "zone-assumed",
        _N,
        "map",
        "A time without a zone was taken for one of the algorithm's time_zone.",
        "Nothing, if the sender was in that zone; else choose another time_zone.",
    ),
    Entry(
        "zone-twice",
        _N,
        "map",
        "A time without a zone, in the hour that came twice: the first was taken.",
        "Nothing, or find out at the source whether it was an hour later.",
    ),
    Entry(
        "zone-skipped",
        _N,
        "map",
        "A time without a zone, in an hour that was skipped: the zone before it was taken.",
        "Find out at the source which moment was meant; no clock has shown this one.",
    ),
    Entry(
        "requester-passed-over",
        _N,
        "plan",
        "A requester that is no practitioner, or is not migrated, was passed over.",
        "Nothing, or solve the practitioner; the task has the next requester, if there is one.",
    ),
    Entry(
        "role-unknown",
        _N,
        "map",
        "A team member's role is in no code table: the member has no such role.",
        "Decide what the role means and add it to the code table.",
    ),
    Entry(
        "period-cut",
        _N,
        "map",
        "The period's ends differ in precision only: both are cut to what both say.",
        "Give both ends with a time at the source if it matters.",
    ),
    Entry(
        "period-dropped",
        _N,
        "map",
        "The period starts after its end, and is left out.",
        "Correct the dates at the source if they matter.",
    ),
    Entry(
        "expected-of-other",
        _N,
        "plan",
        "Another supplier brings it, and something of ours needs it.",
        "Nothing, when that supplier brings it; kt-migrate domain status shows whether it did.",
    ),
    Entry(
        "scope-needed",
        _N,
        "plan",
        "Out of scope by itself; it comes along, for something in scope needs it.",
        "Nothing: without it what needs it could not be migrated whole.",
    ),
    Entry(
        "reference-dropped",
        _N,
        "plan",
        "An optional reference to what will not be there.",
        "Nothing, or solve the object that it refers to.",
    ),
    Entry(
        "version-skipped",
        _N,
        "plan",
        "Earlier versions of this object cannot be written; its last state can.",
        "Nothing, or correct the cause: it stands in the detail, with how many versions.",
    ),
    Entry(
        "value-dropped",
        _N,
        "map",
        "A value that KT 2.0 cannot hold is left out.",
        "Nothing, or correct the value at the source.",
    ),
    Entry(
        "first-of-several",
        _N,
        "map",
        "KT 2.0 has room for one: the first was taken.",
        "Check whether the first is the right one.",
    ),
    Entry(
        "code-generalised",
        _N,
        "map",
        "A code became a more general one.",
        "Check the code table with the care provider.",
    ),
    Entry(
        "code-dropped",
        _N,
        "map",
        "A code that is in no code table is left out, as the table says.",
        "Decide what the code means and add it to the code table.",
    ),
    Entry(
        "code-defaulted",
        _N,
        "map",
        "A code that is in no code table became what the table says of unknown codes.",
        "Check with the care provider whether that is what this code means.",
    ),
    Entry(
        "activity-removed",
        _N,
        "read",
        "A later version of the care plan lacks the activity.",
        "Nothing: the last version counts. Check if you did not expect it.",
    ),
    Entry(
        "activity-duplicate",
        _N,
        "read",
        "Two care plans have an activity with one identifier.",
        "The last version was taken; check whether they are really one activity.",
    ),
    Entry(
        "sub-activity-unknown",
        _N,
        "read",
        "The status names sub-activities that the care plan does not have.",
        "Compare their names, letter by letter, in the care plan and in the status.",
    ),
    # step 7: load
    Entry(
        "server-rejected",
        _D,
        "write",
        "The server refused the resource.",
        "Look at the FHIR path and at what the server said; correct the source or the rule.",
    ),
    Entry(
        "server-conflict",
        _D,
        "write",
        "Somebody else changed the resource meanwhile.",
        "Look who changed it; the tool does not overwrite it.",
    ),
    Entry(
        "server-deleted",
        _D,
        "write",
        "The resource was deleted on the server while it was being updated.",
        "Find out who deleted it, and whether that is wanted; the tool does not make it again.",
    ),
    Entry(
        "reference-not-written",
        _D,
        "write",
        "What it refers to could not be written.",
        "Solve the other object; this one then follows by itself.",
    ),
    Entry(
        "waiting-for-other",
        _T,
        "write",
        "It needs an object that another supplier brings, and that is not there yet.",
        "Give the same command again when it is there, or let it wait with --wait.",
    ),
    Entry(
        "brought-by-other",
        _N,
        "write",
        "It is ours by the plan, and another supplier brought it.",
        "Agree on who brings it, and say so under suppliers in kt-migrate.yaml.",
    ),
    Entry(
        "server-unavailable",
        _T,
        "write",
        "The server did not take the resource yet: no answer in time, or it was not sent.",
        "Give the same command again; it goes on where it stopped.",
    ),
    Entry(
        "duplicate-on-server",
        _X,
        "write",
        "The temporary identifier occurs more than once.",
        "Find out who wrote the other one before anything else.",
    ),
    Entry(
        "conditional-create-collision",
        _N,
        "write",
        "The server misreads the condition on this identifier; it was looked up instead.",
        "Nothing: no other object was touched. Report it to the server's administrators.",
    ),
    Entry(
        "existing-refused",
        _D,
        "write",
        "It was there before this plan, with another content.",
        "Find out whose it is; then choose --existing adopt (leave it) or update (write over it).",
    ),
    Entry(
        "existing-adopted",
        _N,
        "write",
        "It was there before this plan with another content, and was left as it is.",
        "Nothing, if that was meant (--existing adopt): the verification shows what differs.",
    ),
    Entry(
        "existing-updated",
        _N,
        "write",
        "It was there before this plan, and was written over.",
        "Nothing, if that was meant (--existing update): the server keeps the former version.",
    ),
    Entry(
        "version-not-taken",
        _N,
        "write",
        "The server did not take an earlier version; the next ones were written.",
        "Look at what the server said; the last state is what counts.",
    ),
    Entry(
        "history-not-replayed",
        _N,
        "write",
        "It was there before this plan, so that its earlier versions were not written.",
        "Nothing: its last state was compared, as in mode latest.",
    ),
    # step 8: verify
    Entry(
        "verify-missing",
        _D,
        "verify",
        "The resource is not on the server.",
        "Find out who removed it; trial --repair writes it again.",
    ),
    Entry(
        "verify-different",
        _D,
        "verify",
        "The resource on the server is another than planned.",
        "Look at the FHIR path: the server stored something else than was sent.",
    ),
    Entry(
        "verify-changed",
        _D,
        "verify",
        "Somebody changed the resource after it was written.",
        "Look who changed it, and whether the change is wanted; then decide which one counts.",
    ),
    Entry(
        "verify-adopted",
        _D,
        "verify",
        "It is another than planned: it was there before and was left as it is.",
        "Accept the difference, or choose --existing update and repair it.",
    ),
    Entry(
        "verify-duplicate",
        _X,
        "verify",
        "The server has the temporary identifier twice.",
        "Find out who wrote the other one before anything else.",
    ),
    Entry(
        "verify-history",
        _D,
        "verify",
        "The server's history of the resource lacks versions that were planned.",
        "Look at its _history on the server: its last state is compared apart from this.",
    ),
    Entry(
        "verify-unplanned",
        _N,
        "verify",
        "A resource with our temporary identifier that no run of ours wrote.",
        "Find out who wrote it before a gate; earlier runs and other suppliers are not listed.",
    ),
    Entry(
        "audit-missing",
        _D,
        "verify",
        "The journal says that it was written; no AuditEvent of the server does.",
        "Ask the administrators whether AuditEvents were lost; the resource itself is verified.",
    ),
    Entry(
        "audit-unclaimed",
        _X,
        "verify",
        "An AuditEvent of this run tells of an effect that the journal does not know.",
        "Look the AuditEvent up, and find out what wrote it before anything else.",
    ),
    # step 10: undo
    Entry(
        "sample-not-approved",
        _D,
        "judge",
        "A care provider judged this dossier of a sample, and it is not right.",
        "Read the remark beside it, find out which rule or which write it is, and correct that.",
    ),
    Entry(
        "undo-changed-since",
        _D,
        "undo",
        "Somebody changed the resource after this run: it was left as it is.",
        "Look who uses it; then leave it, or let the administrators remove it.",
    ),
    Entry(
        "undo-held",
        _D,
        "undo",
        "Something that refers to it was left: so it was left too.",
        "Decide on what refers to it first; then give the same command again.",
    ),
    Entry(
        "undo-referenced",
        _D,
        "undo",
        "Something that is not of this run refers to it, so the server does not delete it.",
        "Find out what refers to it, and whose it is; then give the same command again.",
    ),
    Entry(
        "undo-refused",
        _D,
        "undo",
        "The server refuses to undo it.",
        "Let KT2-Support remove it: it is on the list for them.",
    ),
    Entry(
        "undo-no-history",
        _D,
        "undo",
        "The server does not give the content of before this run.",
        "Correct it by hand, or let its owner write it again.",
    ),
    Entry(
        "undo-in-doubt",
        _D,
        "undo",
        "Whether this run wrote it cannot be shown: the run ended in the midst of it.",
        "Look at it on the server, and let KT2-Support remove it when it is of this run.",
    ),
    Entry(
        "undo-overtaken",
        _D,
        "undo",
        "Somebody changed the resource in the moment of its deletion: that change was deleted too.",
        "Tell whoever changed it; what they wrote is in the server's history of it.",
    ),
)

CATALOGUE: dict[str, Entry] = {entry.code: entry for entry in _ENTRIES}
"""Every code, in the order of the steps."""
