"""What a care professional calls the things of KT 1.3 and KT 2.0: no word of FHIR among them."""

from __future__ import annotations

from collections.abc import Mapping

from kt_migrate.errors import Said, said
from kt_migrate.language import shown

_KINDS: Mapping[str, Said] = {
    "Patient": said("Client"),
    "Practitioner": said("Practitioner"),
    "RelatedPerson": said("Related person"),
    "CareTeam": said("Care team"),
    "Organization": said("Organization"),
    "ActivityDefinition": said("Activity on offer"),
    "Application": said("Application"),
    "CarePlanActivity": said("Activity"),
    "CarePlanSubActivity": said("Part of an activity"),
    "CarePlan": said("Care plan"),
    "CarePlanGoal": said("Goal"),
    "CarePlanActivityStatus": said("Status of an activity"),
    "CarePlanActivityResult": said("Result of an activity"),
    "UserMessage": said("Message between users"),
    "StorageItem": said("Data that an application kept"),
    "BlackBoxState": said("State that an application kept"),
    "DiagnosticReport": said("Result of a measurement"),
    "Observation": said("Measurement"),
    "Questionnaire": said("Questionnaire"),
}

_ELEMENTS: Mapping[str, Said] = {
    "active": said("Active"),
    "activity": said("Activity"),
    "address": said("Address"),
    "birthDate": said("Date of birth"),
    "careProvider": said("Care provider"),
    "category": said("Category"),
    "code": said("Kind"),
    "communication": said("Language"),
    "concerns": said("About"),
    "contact": said("Contact person"),
    "content": said("Text"),
    "connectionType": said("Kind of connection"),
    "deceasedBoolean": said("Deceased"),
    "deceasedDateTime": said("Date of death"),
    "description": said("Description"),
    "executionPeriod": said("Period"),
    "for": said("For whom"),
    "from": said("From"),
    "gender": said("Gender"),
    "goal": said("Goal"),
    "identifier": said("Number"),
    "intent": said("Intention"),
    "label": said("Label"),
    "link": said("Linked record"),
    "location": said("Location"),
    "managingOrganization": said("Organization"),
    "maritalStatus": said("Marital status"),
    "measure": said("Measure"),
    "modified": said("Changed"),
    "multipleBirthBoolean": said("Part of a multiple birth"),
    "name": said("Name"),
    "notes": said("Note"),
    "organization": said("Organization"),
    "owner": said("Who does it"),
    "partOf": said("Part of"),
    "participant": said("Who takes part"),
    "patient": said("Client"),
    "payloadType": said("Kind of content"),
    "period": said("Period"),
    "photo": said("Photo"),
    "prohibited": said("Not to be done"),
    "qualification": said("Qualification"),
    "relationship": said("Relationship"),
    "requester": said("Who asked for it"),
    "role": said("Role"),
    "specialty": said("Specialty"),
    "state": said("Province"),
    "status": said("Status"),
    "subject": said("Client"),
    "suffix": said("Suffix"),
    "telecom": said("Telephone and e-mail"),
    "text": said("Text"),
    "title": said("Name"),
    "to": said("To"),
    "topic": said("Subject"),
    "type": said("Kind"),
    "url": said("Address on the web"),
    "Age": said("Age"),
    "Cancelled": said("Cancelled"),
    "EndDate": said("Planned end"),
    "Finished": said("Finished"),
    "IsActive": said("Active"),
    "IsArchived": said("Archived"),
    "PercentageCompleted": said("Part that is finished"),
    "StartDate": said("Planned start"),
    "Started": said("Started"),
    "ActivityKind": said("Kind of activity"),
    "IsDomainSpecific": said("Of this domain only"),
    "LaunchType": said("How it is started"),
    "SubActivity": said("Parts"),
    "Subject": said("Subject"),
    "Content": said("Text"),
    "MessageKind": said("Kind of message"),
}
_OF_TYPE: Mapping[tuple[str, str], Said] = {
    ("Task", "extension"): said("Activity on offer"),
    ("ActivityDefinition", "extension"): said("Application"),
    ("Endpoint", "address"): said("Address of the application"),
    ("ActivityDefinition", "participant"): said("Who does it"),
}

_RULES: Mapping[str, Said] = {
    "text": said("taken over as it is"),
    "identifiers": said("number taken over; who gave it out has its new name"),
    "boolean": said("taken over; yes when nothing is said"),
    "human_names": said("taken over, split into first names and family name"),
    "telecoms": said("taken over"),
    "addresses": said("taken over; the country gets its code"),
    "code": said("translated by the agreed list"),
    "concept": said("translated by the agreed list"),
    "concepts": said("translated by the agreed list"),
    "topic": said("translated by the agreed list"),
    "relationship": said("translated by the agreed list; the gender may decide"),
    "date_only": said("the day, without a time"),
    "date_time": said("taken over"),
    "period": said("taken over"),
    "reference": said("points to the same record in KT 2.0"),
    "references": said("points to the same records in KT 2.0"),
    "team_members": said("everybody in the care plans that name this team"),
    "default_performer": said("translated by the agreed list"),
    "definition_identifiers": said("number taken over"),
    "definition_url": said("made of its number: KT 1.3 has no address"),
    "definition_status": said("retired when it is archived or not active"),
    "endpoint_extension": said("the application that it is started in"),
    "launch_address": said("agreed with the supplier: KT 1.3 has no address"),
    "fixed_coding": said("always the same"),
    "fixed_concepts": said("always the same"),
    "task_instantiates": said("points to the same activity on offer in KT 2.0"),
    "task_description": said("taken over; else the name of the activity on offer"),
    "task_owner": said("the first who does it; nobody named: the client"),
    "task_requester": said("the practitioner who asked for it"),
    "task_period": said("from start to end; not started: as it was planned"),
    "parent_task": said("points to the activity that it is a part of"),
}
_ALWAYS, _OTHER = said("always the same"), said("by an agreed rule")

_CODES: Mapping[str, Said] = {
    "true": said("yes"),
    "false": said("no"),
    "M": said("male"),
    "male": said("male"),
    "F": said("female"),
    "female": said("female"),
    "UN": said("other"),
    "other": said("other"),
    "UNK": said("unknown"),
    "U": said("unknown"),
    "unknown": said("unknown"),
    "Waiting": said("waiting"),
    "draft": said("waiting"),
    "Available": said("ready to start"),
    "ready": said("ready to start"),
    "InProgress": said("under way"),
    "in-progress": said("under way"),
    "Completed": said("finished"),
    "completed": said("finished"),
    "Cancelled": said("cancelled"),
    "cancelled": said("cancelled"),
    "Expired": said("expired"),
    "SkippedByUser": said("skipped by the client"),
    "rejected": said("skipped by the client"),
    "order": said("to be done"),
    "active": said("active"),
    "retired": said("no longer on offer"),
    "proposed": said("proposed"),
    "suspended": said("suspended"),
    "inactive": said("not active"),
    "entered-in-error": said("entered by mistake"),
    "Requester": said("asked for it"),
    "Caregiver": said("gives care"),
    "Supervisor": said("supervises"),
    "Secretary": said("secretary"),
    "Thirdparty": said("third party"),
    "Analyst": said("analyst"),
    "405623001": said("gives care"),
    "224608005": said("secretary"),
    "125677006": said("third party"),
}
_CODED = frozenset({"active", "gender", "status", "intent", "prohibited", "role"}) | {
    "deceasedBoolean"
}

TECHNICAL = frozenset({"intent", "connectionType", "payloadType", "url"})
"""Elements that say nothing to who knows the client: they stand with the technical details."""


def kind_word(source_type: str) -> str:
    """Return what an object is called; one that nobody knows by its own name."""
    return shown(_KINDS[source_type]) if source_type in _KINDS else source_type


def element_word(name: str, r4_type: str = "") -> str:
    """Return what an element is called; one that nobody knows by its own name."""
    found = _OF_TYPE.get((r4_type, name)) or _ELEMENTS.get(name)
    return name if found is None else shown(found)


def rule_words(function: str, *, fixed: bool) -> str:
    """Return what a rule does, by the function that it uses."""
    return shown(_ALWAYS if fixed else _RULES.get(function, _OTHER))


def code_word(element: str, code: str) -> str:
    """Return a code of an element in words; any other text as it is."""
    if element not in _CODED:
        return code
    found = _CODES.get(code) or _CODES.get(code.lower())
    return code if found is None else shown(found)
