"""What a field of the enrichment asks for, in words for the person who fills it in."""

from __future__ import annotations

from kt_migrate.language import tr

_DATE_NL, _DATE_EN = "jjjj-mm-dd", "yyyy-mm-dd"

_WORDS = {
    "active": ("Is het actief: true of false", "Is it active: true or false"),
    "address.city": ("Woonplaats", "City"),
    "address.country": ("Land", "Country"),
    "address.line": ("Straat en huisnummer", "Street and number"),
    "address.postalCode": ("Postcode", "Postal code"),
    "application": ("Naam van de applicatie", "Name of the application"),
    "birthDate": (f"Geboortedatum ({_DATE_NL})", f"Date of birth ({_DATE_EN})"),
    "definition": ("Identifier van de definitie", "Identifier of the definition"),
    "definition_url": (
        "URL van de definities, met {identifier}",
        "URL of the definitions, with {identifier}",
    ),
    "description": ("Omschrijving", "Description"),
    "email": ("E-mailadres", "E-mail address"),
    "end": (f"Einde ({_DATE_NL})", f"End ({_DATE_EN})"),
    "endpoint": ("Launch-adres (https)", "Launch address (https)"),
    "exclude": ("Reden om het niet te migreren", "Reason not to migrate it"),
    "gender": (
        "Geslacht: male, female, other of unknown",
        "Gender: male, female, other or unknown",
    ),
    "group": ("Groep patiënten van het algoritme", "Group of patients of the algorithm"),
    "identifier": ("Identifier: systeem|waarde", "Identifier: system|value"),
    "kind": ("Soort activiteit (code)", "Kind of activity (code)"),
    "managingOrganization": ("Link van de organisatie", "Link of the organization"),
    "mobile": ("Mobiel telefoonnummer", "Mobile telephone number"),
    "name": ("Naam", "Name"),
    "name.family": ("Achternaam", "Family name"),
    "name.given": ("Voornaam of initialen", "Given name or initials"),
    "name.prefix": ("Voorvoegsel van de achternaam", "Prefix of the family name"),
    "name.use": ("Gebruik van de naam: official of usual", "Use of the name: official or usual"),
    "owner": ("Link van wie de taak uitvoert", "Link of who does the task"),
    "partOf": ("Link van de organisatie erboven", "Link of the organization above it"),
    "patient": ("Link van de patiënt", "Link of the patient"),
    "performer": ("Code van wie het uitvoert", "Code of who does it"),
    "phone": ("Telefoonnummer", "Telephone number"),
    "reference": ("Bestaand Endpoint: Endpoint/id", "Endpoint that is there: Endpoint/id"),
    "relationship": (
        "Relatie tot de patiënt (code van v3-RoleCode)",
        "Relationship to the patient (code of v3-RoleCode)",
    ),
    "requester": ("Link van de behandelaar die het vroeg", "Link of the practitioner who asked"),
    "role": ("Rol van de leden zonder rol (code)", "Role of the members without one (code)"),
    "start": (f"Begin ({_DATE_NL})", f"Start ({_DATE_EN})"),
    "status": ("Status (code)", "Status (code)"),
    "title": ("Titel", "Title"),
    "url": ("URL van de definitie", "URL of the definition"),
}


def asked(field: str) -> str:
    """Return what a field asks for; one of a domain's own algorithm by its name."""
    words = _WORDS.get(field)
    return field if words is None else tr(*words)
