"""The Dutch of what stops a command about the evidence of a run."""

from __future__ import annotations

EVIDENCE = {
    "This is not an evidence pack as it was made: {}.": "Dit is geen bewijs zoals het is gemaakt: {}.",
    "Ask who made it for the file as it was made, and trust nothing in this one.": "Vraag wie het maakte om het bestand zoals het is gemaakt, en vertrouw niets in dit.",
    "The evidence pack is not what its list says: {}: {}.": "Het bewijs is niet wat zijn lijst zegt: {}: {}.",
    "The evidence pack has no list of the form {}.": "Het bewijs heeft geen lijst van de vorm {}.",
    "Ask who made it for the file as it was made, or use the kt-migrate that made it.": "Vraag wie het maakte om het bestand zoals het is gemaakt, of gebruik de kt-migrate die het maakte.",
    "The evidence pack was signed with another key than the one that you name.": "Het bewijs is met een andere sleutel ondertekend dan die je noemt.",
    "Ask whose key this is; trust the pack only when you know.": "Vraag van wie deze sleutel is; vertrouw het bewijs pas als je dat weet.",
    "The signature of the evidence pack is not over its list of files.": "De handtekening van het bewijs staat niet onder zijn lijst van bestanden.",
    "An evidence pack of the form {} has other papers; extra: {}; missing: {}.": "Een bewijs van de vorm {} heeft andere stukken; te veel: {}; te weinig: {}.",
    "A paper of the evidence pack is not of its form: {}.": "Een stuk van het bewijs heeft niet de vorm die het moet hebben: {}.",
    "Plan, journal and binding of this run do not belong together, so nothing is proven.": "Plan, journaal en binding van deze run horen niet bij elkaar, dus er valt niets te bewijzen.",
    "Bring the run folder back as it was, from a copy.": "Zet de map van de run terug zoals hij was, uit een kopie.",
    "A file of the run folder cannot be read.": "Een bestand in de map van de run is niet te lezen.",
    "Give the command that makes it again.": "Geef het commando dat het maakt opnieuw.",
}

WORDS = {
    "it is larger than a pack can be": "het is groter dan een bewijs kan zijn",
    "it has more members than a pack can have": "er zitten meer bestanden in dan in een bewijs kunnen",
    "two members have one name": "twee bestanden hebben dezelfde naam",
    "a member is a link or a folder": "een bestand erin is een link of een map",
    "a member has a name that none can have": "een bestand erin heeft een naam die daar niet kan",
    "a member is encrypted": "een bestand erin is versleuteld",
    "a member is compressed": "een bestand erin is gecomprimeerd",
    "it is damaged or no zip": "het is beschadigd of geen zip",
    "there are other bytes in it than those of its members": "er staan andere bytes in dan die van zijn bestanden",
    "missing": "ontbreekt",
    "changed": "veranderd",
    "extra": "te veel",
}
"""Why a zip is no evidence pack, and what is wrong with its list."""
