"""What KT 1.3's objects can hold: types, elements, extensions, code systems. Source: kt13.md §4.

Bodies are DSTU1 (canonical: docs/design.md, step 2), of which DSTU1 lets more elements be there
than Koppeltaal names. A line is `name:Type`; without a type it is a primitive's text.
"""

from __future__ import annotations

from functools import lru_cache

_RESOURCE = (
    "id extension:Extension modifierExtension:Extension text:Narrative language contained:Any"
)

_DATATYPES = {
    "Narrative": "status div",
    "HumanName": "use text family given prefix suffix period:Period",
    "Contact": "system value use period:Period",
    "Address": "use text line city state zip country period:Period",
    "Identifier": "use label system value period:Period assigner:Reference",
    "Period": "start end",
    "Coding": "system version code display primary:boolean valueSet:Reference",
    "CodeableConcept": "coding:Coding text",
    "Reference": "reference display",
    "Attachment": "contentType language data url size:integer hash title",
    "Quantity": "value:decimal comparator units system code",
    "Range": "low:Quantity high:Quantity",
    "Ratio": "numerator:Quantity denominator:Quantity",
    "Schedule": "event:Period repeat:Repeat",
    "Repeat": "frequency:integer when duration:decimal units count:integer end",
    "PersonContact": "relationship:CodeableConcept name:HumanName telecom:Contact address:Address "
    "gender:CodeableConcept organization:Reference purpose:CodeableConcept",
    "PatientLink": "other:Reference type",
    "Animal": "species:CodeableConcept breed:CodeableConcept genderStatus:CodeableConcept",
    "Qualification": "code:CodeableConcept period:Period issuer:Reference",
    "Participant": "role:CodeableConcept member:Reference",
    "Goal": "description status notes concern:Reference",
    "Simple": "category performer:Reference code:CodeableConcept timingSchedule:Schedule "
    "timingPeriod:Period timingString location:Reference product:Reference dailyAmount:Quantity "
    "quantity:Quantity details",
    "Activity": "goal status prohibited:boolean actionResulting:Reference notes detail:Reference "
    "simple:Simple",
    "Current": "status source",
    "SubActivity": "identifier status",
    "Member": "reference role",
    "PlanPart": "patient:Reference participant:Participant status",
}

_OTHER = "identifier:Identifier code:CodeableConcept subject:Reference author:Reference created"
_PERSON = (
    "identifier:Identifier name:HumanName telecom:Contact gender:CodeableConcept "
    "address:Address photo:Attachment active:boolean"
)
_TYPES = {
    "Patient": f"{_PERSON} birthDate careProvider:Reference managingOrganization:Reference "
    "deceasedBoolean:boolean deceasedDateTime maritalStatus:CodeableConcept "
    "multipleBirthBoolean:boolean multipleBirthInteger:integer contact:PersonContact "
    "animal:Animal communication:CodeableConcept link:PatientLink",
    "Practitioner": f"{_PERSON} birthDate organization:Reference role:CodeableConcept "
    "specialty:CodeableConcept period:Period location:Reference qualification:Qualification "
    "communication:CodeableConcept",
    "RelatedPerson": f"{_PERSON} birthDate patient:Reference relationship:CodeableConcept",
    "Organization": "identifier:Identifier name type:CodeableConcept telecom:Contact "
    "address:Address partOf:Reference contact:PersonContact location:Reference active:boolean",
    "CareTeam": f"{_OTHER} member:Member",
    "ActivityDefinition": _OTHER,
    "UserMessage": _OTHER,
    "CarePlanActivityStatus": _OTHER,
    "CarePlanActivityResult": _OTHER,
    "StorageItem": _OTHER,
    "BlackBoxState": _OTHER,
    "Other": _OTHER,
    "CarePlan": "identifier:Identifier patient:Reference status period:Period modified "
    "concern:Reference participant:Participant goal:Goal activity:Activity notes",
    "CarePlanActivity": "activity:Activity careplan:PlanPart current:Current",
    "CarePlanSubActivity": "activity:Activity careplan:PlanPart current:Current "
    "subactivity:SubActivity",
    "CarePlanGoal": "description status notes concern:Reference",
    "Application": "name",
    "MessageHeader": "event",
    "Device": "identifier:Identifier type:CodeableConcept manufacturer model version expiry udi "
    "lotNumber owner:Reference location:Reference patient:Reference contact:Contact url",
    "DiagnosticReport": "name:CodeableConcept status issued subject:Reference performer:Reference "
    "identifier:Identifier requestDetail:Reference serviceCategory:CodeableConcept "
    "diagnosticDateTime diagnosticPeriod:Period specimen:Reference result:Reference "
    "imagingStudy:Reference image:Any conclusion codedDiagnosis:CodeableConcept "
    "presentedForm:Attachment",
    "Observation": "name:CodeableConcept valueQuantity:Quantity "
    "valueCodeableConcept:CodeableConcept valueString valueDecimal:decimal "
    "interpretation:CodeableConcept comments appliesDateTime appliesPeriod:Period issued status "
    "reliability bodySite:CodeableConcept method:CodeableConcept identifier:Identifier "
    "subject:Reference specimen:Reference performer:Reference referenceRange:Any "
    "related:Any",
    "Questionnaire": "status authored subject:Reference author:Reference source:Reference "
    "name:CodeableConcept identifier:Identifier encounter:Reference group:Any",
}

_EXTENSIONS = {
    "Patient": "Age",
    "RelatedPerson": "Age",
    "Application": "ApplicationRoles",
    "CareTeam": "CareTeamIdentifier Status Name Subject Period ManagingOrganization",
    "CarePlan": "Relation RelationType RelationReference Participant ParticipantMember "
    "ParticipantRole ParticipantCareTeam CareTeam ActivityID ActivityIdentifier "
    "ActivityDefinition ActivityKind ActivityDescription ActivityStatus SubActivity "
    "SubActivityIdentifier SubActivityStatus StartDate EndDate Started Finished "
    "Cancelled",
    "ActivityDefinition": "Application ActivityDefinitionIdentifier ActivityName "
    "ActivityDescription ActivityKind SubActivity SubActivityName SubActivityIdentifier "
    "SubActivityDescription SubActivityIsActive DefaultPerformer IsActive IsDomainSpecific "
    "LaunchType IsArchived",
    "CarePlanActivityStatus": "Activity ActivityStatus SubActivity SubActivityIdentifier "
    "SubActivityStatus PercentageCompleted BlackBoxState",
    "UserMessage": "Context From To MessageKind SubjectString Content",
    "CarePlanActivityResult": "Activity Questionnaire",
    "StorageItem": "ContentType Content PatientIdentifier ObjectType ObjectKey LastModified "
    "ApplicationIdentifier DomainName",
}

_VALUES = {
    "Integer": "integer",
    "Decimal": "decimal",
    "Boolean": "boolean",
    "Resource": "Reference",
    "Contact": "Contact",
    **dict.fromkeys(
        ("DateTime", "Date", "Instant", "String", "Uri", "Code", "Base64Binary", "Xhtml"), ""
    ),
    **{
        name: name
        for name in (
            *("Coding", "CodeableConcept", "Attachment", "Identifier", "Quantity", "Range"),
            *("Period", "Ratio", "Schedule", "Address", "HumanName"),
        )
    },
}

_ROLE_CODES = (
    "FAMMEMB CHILD CHLDADOPT DAUADOPT SONADOPT CHLDFOST DAUFOST SONFOST DAUC DAU "
    "STPDAU NCHILD SON SONC STPSON STPCHLD EXT AUNT MAUNT PAUNT COUSN MCOUSN PCOUSN "
    "GGRPRN GGRFTH MGGRFTH PGGRFTH GGRMTH MGGRMTH PGGRMTH MGGRPRN PGGRPRN GRNDCHILD "
    "GRNDDAU GRNDSON GRPRN GRFTH MGRFTH PGRFTH GRMTH MGRMTH PGRMTH MGRPRN PGRPRN "
    "INLAW CHLDINLAW DAUINLAW SONINLAW PRNINLAW FTHINLAW MTHINLAW SIBINLAW BROINLAW "
    "SISINLAW NIENEPH NEPHEW NIECE UNCLE MUNCLE PUNCLE PRN ADOPTP ADOPTF ADOPTM FTH "
    "FTHFOST NFTH NFTHF STPFTH MTH GESTM MTHFOST NMTH NMTHF STPMTH NPRN PRNFOST "
    "STPPRN SIB BRO HBRO NBRO TWINBRO FTWINBRO ITWINBRO STPBRO HSIB HSIS NSIB NSIS "
    "TWINSIS FTWINSIS ITWINSIS TWIN FTWIN ITWIN SIS STPSIS STPSIB SIGOTHR DOMPART SPS "
    "HUSB WIFE FRND NBOR ONESELF ROOM OTH emergency family guardian friend partner "
    "work caregiver agent guarantor owner parent WORK "
    "C E F I N O S U"  # contact roles of before the list (kt13.md §4.3)
)
CODE_SYSTEMS: dict[str, frozenset[str]] = {
    name: frozenset(codes.split())
    for name, codes in {
        # with the null flavours that occur: kt13.md §4.1
        "AdministrativeGender": "F M UN UNK U UNKNOWN",
        "ActivityKind": "ELearning Game Meeting MultipleActivityTemplate Questionnaire",
        "ActivityDefinitionLaunchType": "Web Mobile None",
        "ActivityPerformer": "Patient Practitioner RelatedPerson",
        "CarePlanParticipantRole": "Requester Supervisor Thirdparty Caregiver Secretary Analyst",
        "CarePlanActivityStatus": "Waiting Available InProgress Completed Cancelled Expired "
        "SkippedByUser",
        "UserMessageKind": "Alert Advice Question Answer Notification Message Request",
        "CareTeamStatus": "proposed active suspended inactive entered-in-error",
        "RoleCode": _ROLE_CODES,
        "OrganizationType": "dept edu fed icu ins pharm reli team",
        "ContactUse": "home work temp old mobile",
        "NameUse": "usual official temp nickname anonymous old maiden",
    }.items()
}
"""KT 1.3's code systems, with their codes. Source: kt13.md §4.13, §4.14, §4.3, §4.1."""

TYPES = tuple(sorted(_TYPES))
"""Every type of object that the archive can hold (docs/design.md, step 4)."""

EXTENSIONS = frozenset(
    f"{owner}#{name}" for owner, names in _EXTENSIONS.items() for name in names.split()
)
"""Koppeltaal's own extensions, as `Owner#Name`."""

ANY = "Any"
PRIMITIVES = frozenset({"", "boolean", "integer", "decimal"})


@lru_cache(maxsize=64)
def elements(of: str) -> dict[str, str]:
    """Return the elements of a type of object or datatype, each with its datatype.

    Args:
        of: a type, a datatype, or `Extension`. A primitive's is empty; so it is of text.
    """
    if of == "Extension":
        values = {f"value{name}": kind for name, kind in _VALUES.items()}
        return {"url": "", "extension": "Extension", "id": "", "value[x]": ANY, **values}
    if of in _TYPES:
        return _parsed(f"{_RESOURCE} {_TYPES[of]}")
    return _parsed(f"id extension:Extension {_DATATYPES[of]}")


def _parsed(line: str) -> dict[str, str]:
    return {name: kind for name, _, kind in (part.partition(":") for part in line.split())}
