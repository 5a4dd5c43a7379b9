"""What a field of the enrichment asks for, in words for the person who fills it in."""

from __future__ import annotations

from kt_migrate.errors import said
from kt_migrate.language import shown

_WORDS = {
    "active": said("Is it active: true or false"),
    "address.city": said("City"),
    "address.country": said("Country"),
    "address.line": said("Street and number"),
    "address.postalCode": said("Postal code"),
    "application": said("Name of the application"),
    "birthDate": said("Date of birth (yyyy-mm-dd)"),
    "definition": said("Identifier of the definition"),
    "definition_url": said("URL of the definitions, with {identifier}"),
    "description": said("Description"),
    "email": said("E-mail address"),
    "end": said("End (yyyy-mm-dd)"),
    "endpoint": said("Launch address (https)"),
    "exclude": said("Reason not to migrate it"),
    "gender": said("Gender: male, female, other or unknown"),
    "group": said("Group of patients of the algorithm"),
    "identifier": said("Identifier: system|value"),
    "kind": said("Kind of activity (code)"),
    "managingOrganization": said("Link of the organization"),
    "mobile": said("Mobile telephone number"),
    "name": said("Name"),
    "name.family": said("Family name"),
    "name.given": said("Given name or initials"),
    "name.prefix": said("Prefix of the family name"),
    "name.use": said("Use of the name: official or usual"),
    "owner": said("Link of who does the task"),
    "partOf": said("Link of the organization above it"),
    "patient": said("Link of the patient"),
    "performer": said("Code of who does it"),
    "phone": said("Telephone number"),
    "reference": said("Endpoint that is there: Endpoint/id"),
    "relationship": said("Relationship to the patient (code of v3-RoleCode)"),
    "requester": said("Link of the practitioner who asked"),
    "role": said("Role of the members without one (code)"),
    "start": said("Start (yyyy-mm-dd)"),
    "status": said("Status (code)"),
    "title": said("Title"),
    "url": said("URL of the definition"),
}


def asked(field: str) -> str:
    """Return what a field asks for; one of a domain's own algorithm by its name."""
    words = _WORDS.get(field)
    return field if words is None else shown(words)
