"""The Dutch of what stops a command. `{}` stands for what differs from case to case."""

from __future__ import annotations

import re
from functools import lru_cache

DUTCH = {
    "There is no shipped algorithm of this name.": "Er is geen meegeleverd algoritme met deze naam.",
    "Use {}, or the path of a YAML file.": "Gebruik {}, of het pad van een YAML-bestand.",
    "There is no function {}.": "Er is geen functie {}.",
    "See docs/algorithm-reference.md; there are {}.": "Zie docs/algorithm-reference.md; er zijn {}.",
    "The function {} needs {} arguments.": "De functie {} heeft {} argumenten nodig.",
    "See docs/algorithm-reference.md.": "Zie docs/algorithm-reference.md.",
    "The rule names a code table that is not there.": "De regel noemt een codetabel die er niet is.",
    "Add it under codes.": "Zet haar onder codes.",
    "The algorithms extend each other in a circle.": "De algoritmes breiden elkaar in een kring uit.",
    "Let the first one extend standard, or nothing.": "Laat het eerste standard uitbreiden, of niets.",
    "The rule id {} occurs twice.": "De regel-id {} komt twee keer voor.",
    "Give each rule an id of its own.": "Geef elke regel een eigen id.",
    "No password can be read from the file descriptor.": "Van de file descriptor is geen wachtwoord te lezen.",
    "The file descriptor has no password.": "De file descriptor levert geen wachtwoord.",
    "Open it as in: --password-fd 3 3< FILE; the password is UTF-8.": "Open hem zo: --password-fd 3 3< BESTAND; het wachtwoord is UTF-8.",
    "The manifest cannot be read.": "Het manifest is niet te lezen.",
    "Name the file that the data owner made with sha256sum.": "Noem het bestand dat de data-eigenaar met sha256sum heeft gemaakt.",
    "This is no line of a manifest.": "Dit is geen regel van een manifest.",
    "Make the manifest with sha256sum: 64 digits, two spaces, the name.": "Maak het manifest met sha256sum: 64 cijfers, twee spaties, de naam.",
    "There is no such archive.": "Dit archief is er niet.",
    "Correct archives in kt-migrate.yaml, or --archive.": "Herstel archives in kt-migrate.yaml, of --archive.",
    "A file or folder cannot be used.": "Een bestand of map is niet te gebruiken.",
    "Look whether it is there, what it is, and who may use it ({}).": "Kijk of het er is, wat het is, en wie het mag gebruiken ({}).",
    "There is no such folder.": "Deze map is er niet.",
    "Correct --domain-dir.": "Herstel --domain-dir.",
    "This cannot be the name of a domain.": "Dit kan geen naam van een domein zijn.",
    "Use letters, digits, dots, hyphens and underscores.": "Gebruik letters, cijfers, punten, streepjes en liggende streepjes.",
    "The enrichment file is no CSV.": "Het verrijkingsbestand is geen CSV.",
    "Correct this line, or save the file again as CSV.": "Herstel deze regel, of bewaar het bestand opnieuw als CSV.",
    "The sandbox's store is no database.": "De opslag van de sandbox is geen database.",
    "What the last verification said cannot be read.": "Wat de laatste verificatie zei is niet te lezen.",
    "Give kt-migrate verify again: it makes the file anew.": "Geef opnieuw kt-migrate verify: dat maakt het bestand opnieuw.",
    "There is no environment {}.": "Er is geen omgeving {}.",
    "Choose {}.": "Kies {}.",
    "There is no plan for {} yet.": "Er is nog geen plan voor {}.",
    "kt-migrate plan --env {}": "kt-migrate plan --env {}",
    "A trial never writes to production.": "Een proef schrijft nooit naar productie.",
    "Choose mgr2.": "Kies mgr2.",
    "This is no working folder of kt-migrate, nor is any folder above it.": "Dit is geen werkmap van kt-migrate, en geen map erboven ook niet.",
    "Make one with kt-migrate init DOMAIN, or name it with --domain-dir.": "Maak er een met kt-migrate init DOMEIN, of noem hem met --domain-dir.",
    "This file is for the environment {}, not for {}.": "Dit bestand is voor de omgeving {}, niet voor {}.",
    "Environments never mix: correct the name, or the file.": "Omgevingen mengen nooit: herstel de naam, of het bestand.",
    "The address is not that of the domain {}.": "Het adres is niet dat van het domein {}.",
    "Correct the domain in the address, or in kt-migrate.yaml.": "Herstel het domein in het adres, of in kt-migrate.yaml.",
    "The environments {} and {} share a {}.": "De omgevingen {} en {} delen een {}.",
    "Give each environment its own (draaiboek, Bijlage B).": "Geef elke omgeving een eigen (draaiboek, Bijlage B).",
    "The server does not answer ({}).": "De server antwoordt niet ({}).",
    "Check the network; then give the same command again.": "Controleer het netwerk; geef dan hetzelfde commando opnieuw.",
    "The server does not say what it can do (HTTP {}).": "De server zegt niet wat hij kan (HTTP {}).",
    "Check fhir_base_url in the environment's file.": "Controleer fhir_base_url in het bestand van de omgeving.",
    "The server refuses access (HTTP {}).": "De server weigert toegang (HTTP {}).",
    "Check the client's role and scopes in the domain administration.": "Controleer rol en scopes van de client in het domeinbeheer.",
    "A search gives no Bundle (HTTP {}).": "Een zoekvraag levert geen Bundle (HTTP {}).",
    "Give the same command again; if it stays, ask the administrators.": "Geef hetzelfde commando opnieuw; blijft het, vraag dan de beheerders.",
    "Others on this machine may read the private key.": "Anderen op deze machine mogen de privésleutel lezen.",
    "chmod 600 {}": "chmod 600 {}",
    "There is a key already; it is not overwritten.": "Er is al een sleutel; hij wordt niet overschreven.",
    "Move it away first, if it really is to be replaced.": "Zet hem eerst weg, als hij echt vervangen moet worden.",
    "The private key is not there.": "De privésleutel is er niet.",
    "Make one with kt-migrate keys new.": "Maak er een met kt-migrate keys new.",
    "This is no private key in PEM, or it has a password.": (
        "Dit is geen privésleutel in PEM, of er zit een wachtwoord op."
    ),
    "The private key does not fit the algorithm {}.": (
        "De privésleutel past niet bij het algoritme {}."
    ),
    "Correct key.algorithm in the environment's file, or make another key.": (
        "Verbeter key.algorithm in het bestand van de omgeving, of maak een andere sleutel."
    ),
    "The login was refused (HTTP {}).": "De aanmelding is geweigerd (HTTP {}).",
    "Check client_id, key and kid, and whether the JWKS is registered there.": "Controleer client_id, sleutel en kid, en of de JWKS daar is geregistreerd.",
    "The server does not say where to log in.": "De server zegt niet waar u zich aanmeldt.",
    "The server wants the login at another host; no assertion is sent there.": "De server wil de aanmelding bij een andere host; daar gaat niets heen.",
    "Ask the administrators of the environment whether this is right.": "Vraag de beheerders van de omgeving of dit klopt.",
    "The server fails (HTTP {}).": "De server faalt (HTTP {}).",
    "Give the same command again later.": "Geef hetzelfde commando later opnieuw.",
    "The server does not answer.": "De server antwoordt niet.",
    "Check the address and the network; then give the same command again.": "Controleer adres en netwerk; geef dan hetzelfde commando opnieuw.",
    "The journal cannot be written, so nothing more is sent.": "Het journaal kan niet worden geschreven; er wordt niets meer verzonden.",
    "Make room on the disk or correct its rights ({}).": "Maak ruimte op de schijf of herstel de rechten ({}).",
    "The disk of the run folder cannot keep a journal safely.": "De schijf van de runmap kan een journaal niet veilig bewaren.",
    "Put the working folder on a local disk, not on a network share.": "Zet de werkmap op een lokale schijf, niet op een netwerkschijf.",
    "The journal is of another version of kt-migrate.": "Het journaal is van een andere versie van kt-migrate.",
    "End this run with the version that began it, or make a new plan.": "Maak deze run af met de versie die eraan begon, of maak een nieuw plan.",
    "The journal cannot be opened.": "Het journaal kan niet worden geopend.",
    "Check the disk; a damaged journal must not be used: keep it and ask for help.": "Controleer de schijf; een beschadigd journaal mag niet worden gebruikt: bewaar het en vraag hulp.",
    "The journal belongs to another {}.": "Het journaal hoort bij een andere {}.",
    "Make a new plan; it gets a run folder of its own.": "Maak een nieuw plan; dat krijgt een eigen runmap.",
    "Another kt-migrate works on this run.": "Een andere kt-migrate werkt aan deze run.",
    "Wait for it to end (kt-migrate status shows how far it is).": "Wacht tot die klaar is (kt-migrate status toont hoe ver hij is).",
    "A reference to something that is not on the server.": "Een verwijzing naar iets dat niet op de server staat.",
    "Report this: the order of the plan is wrong.": "Meld dit: de volgorde van het plan klopt niet.",
    "The server keeps giving no usable answer.": "De server geeft steeds geen bruikbaar antwoord.",
    "Give the same command again later; it goes on where it stopped.": "Geef hetzelfde commando later opnieuw; het gaat verder waar het was.",
    "The run folder was made by another version of kt-migrate.": "De runmap is gemaakt door een andere versie van kt-migrate.",
    "Make a new plan with kt-migrate plan.": "Maak een nieuw plan met kt-migrate plan.",
    "Changed since the plan was made: {}.": "Veranderd sinds het plan is gemaakt: {}.",
    "Make a new plan with kt-migrate plan, and look at what it changes.": "Maak een nieuw plan met kt-migrate plan, en kijk wat het verandert.",
    "The run folder does not say what its plan is bound to.": "De runmap zegt niet waaraan haar plan gebonden is.",
    "The books of {} type(s) do not balance.": "De boeken van {} soort(en) kloppen niet.",
    "An object has two fates.": "Een object heeft twee bestemmingen.",
    "The census has {} object(s) without a fate in the plan, and the plan {} that the census does not know.": "De telling heeft {} object(en) zonder bestemming in het plan, en het plan {} die de telling niet kent.",
    "Report this with the error list; do not migrate with this plan.": "Meld dit met de foutenlijst; migreer niet met dit plan.",
    "The first line must have the columns {}.": "De eerste regel moet de kolommen {} hebben.",
    "Add the columns, separated by commas or semicolons.": "Voeg de kolommen toe, gescheiden door komma's of puntkomma's.",
    "The enrichment file is no UTF-8 text.": "Het verrijkingsbestand is geen tekst in UTF-8.",
    "Save it as CSV in UTF-8.": "Bewaar het als CSV in UTF-8.",
    "The enrichment file is no XLSX workbook.": "Het verrijkingsbestand is geen XLSX-werkmap.",
    "The enrichment workbook is too large.": "De verrijkingswerkmap is te groot.",
    "Keep it under {} bytes unpacked, or save it as CSV.": "Houd hem uitgepakt onder {} bytes, of bewaar hem als CSV.",
    "Save it again as XLSX, or as CSV.": "Bewaar het opnieuw als XLSX, of als CSV.",
    "Two different values for {} of one object.": "Twee verschillende waarden voor {} van één object.",
    "Keep one of the two.": "Houd er één.",
    "There is no such enrichment file or folder.": "Dit verrijkingsbestand of deze map is er niet.",
    "Correct enrichment in kt-migrate.yaml, or --enrichment.": "Herstel enrichment in kt-migrate.yaml, of --enrichment.",
    "There is no archive to read.": "Er is geen archief om te lezen.",
    "Name one under archives, or with --archive.": "Noem er een onder archives, of met --archive.",
    "A process that reads the archive has died.": "Een proces dat het archief leest, is gestopt.",
    "Give the same command again; if it stays, take out the files named here.": "Geef hetzelfde commando opnieuw; blijft het, haal dan de genoemde bestanden eruit.",
    "There is not one file in the archive.": "Er zit niet één bestand in het archief.",
    "Put the KT 1.3 messages there, or name the right folder with --archive.": "Zet de KT 1.3-berichten daar, of noem de juiste map met --archive.",
    "There is no such run.": "Deze run is er niet.",
    "kt-migrate status shows the runs that there are.": "kt-migrate status toont welke runs er zijn.",
    "The run has no plan.": "De run heeft geen plan.",
    "Make one with kt-migrate plan.": "Maak er een met kt-migrate plan.",
    "This is not a plan of this version of kt-migrate.": "Dit is geen plan van deze versie van kt-migrate.",
    "This sandbox's store was made by another version.": "De opslag van deze sandbox is door een andere versie gemaakt.",
    "Remove the file, and start the sandbox again: it makes a new, empty store.": "Verwijder het bestand en start de sandbox opnieuw: die maakt een nieuwe, lege opslag.",
    "This sandbox has no store yet.": "Deze sandbox heeft nog geen opslag.",
    "Start it with kt-migrate sandbox, and write something to it.": "Start hem met kt-migrate sandbox, en schrijf er iets naartoe.",
    "The sandbox serves this machine only.": "De sandbox bedient alleen deze machine.",
    "Use 127.0.0.1 in configs/local.yaml.": "Gebruik 127.0.0.1 in configs/local.yaml.",
    "The port is in use.": "De poort is in gebruik.",
    "Stop the other program, or choose another port in configs/local.yaml.": "Stop het andere programma, of kies een andere poort in configs/local.yaml.",
    "The upstream server does not take the client's Device (HTTP {}).": "De server erachter neemt het Device van de client niet aan (HTTP {}).",
    "Check that it has the KT 2.0 profiles.": "Controleer of hij de KT 2.0-profielen heeft.",
    "The file is too large.": "Het bestand is te groot.",
    "Keep it under {} bytes.": "Houd het onder {} bytes.",
    "The file cannot be read.": "Het bestand kan niet worden gelezen.",
    "Check that it exists ({}).": "Controleer of het bestaat ({}).",
    "The same key occurs twice.": "Dezelfde sleutel komt twee keer voor.",
    "This key is no text.": "Deze sleutel is geen tekst.",
    "Put the key in quotes.": "Zet de sleutel tussen aanhalingstekens.",
    "Anchors, aliases, tags and other versions of YAML are not taken here.": "Ankers, aliassen, tags en andere versies van YAML worden hier niet aangenomen.",
    "Write it out in plain YAML 1.2.": "Schrijf het uit in gewone YAML 1.2.",
    "Correct the YAML here.": "Herstel de YAML hier.",
    "This is not a YAML file.": "Dit is geen YAML-bestand.",
    "This is not YAML: {}.": "Dit is geen YAML: {}.",
    "Save it as UTF-8 text in YAML.": "Bewaar het als tekst in UTF-8, in YAML.",
    "Correct the file at the place named.": "Herstel het bestand op de genoemde plaats.",
    "The plan writes nothing, so there is nothing to verify.": "Het plan schrijft niets, dus er valt niets te verifiëren.",
    "Look at the error list: why was everything rejected?": "Kijk in de foutenlijst: waarom is alles uitgevallen?",
    "A database cannot be written.": "Een database kan niet worden geschreven.",
    "The temporary database cannot be made.": "De tijdelijke database kan niet worden gemaakt.",
    "Make room on the disk, or correct the folder's rights ({}).": "Maak ruimte op de schijf, of herstel de rechten van de map ({}).",
    "The server's paging links go round in a circle.": "De bladerlinks van de server gaan in een kring rond.",
    "Report this to the administrators: the server cannot be read whole.": "Meld dit aan de beheerders: de server is niet helemaal te lezen.",
    "The server does not count, so no reading can be shown to be whole.": "De server telt niet, dus van geen lezing is te tonen dat zij compleet is.",
    "Ask the administrators whether _summary=count is switched off.": "Vraag de beheerders of _summary=count is uitgezet.",
    "A look-up finds more than the server shows.": "Een zoekvraag vindt meer dan de server laat zien.",
    "Find out who wrote so many resources with one temporary identifier.": "Zoek uit wie zoveel resources met één tijdelijke identifier heeft geschreven.",
    "The server was changed while it was read: it had {} resources, then {}.": "De server veranderde tijdens het lezen: eerst {} resources, daarna {}.",
    "Give the same command again when nobody writes to the domain.": "Geef hetzelfde commando opnieuw als niemand naar het domein schrijft.",
    "The server says that it has {} resources, and {} could be read.": "De server zegt {} resources te hebben; er waren er {} te lezen.",
    "Ask the administrators what limits a search; nothing was compared.": "Vraag de beheerders wat een zoekvraag begrenst; er is niets vergeleken.",
    "The reading does not end: the server changes faster than it can be read.": "Het lezen houdt niet op: de server verandert sneller dan hij te lezen is.",
    "This is a working folder already.": "Dit is al een werkmap.",
    "Go on in it, or choose another folder.": "Ga erin verder, of kies een andere map.",
}

_WORDS = {
    "the environment": "de omgeving",
    "the archive": "het archief",
    "the algorithm": "het algoritme",
    "the enrichment": "de verrijking (enrichment)",
    "the environment's settings": "de instellingen van de omgeving",
    "the version of kt-migrate": "de versie van kt-migrate",
    "the version of the KT 2.0 profiles": "de versie van de KT 2.0-profielen",
    "the plan itself": "het plan zelf",
    "address": "adres",
    "key": "sleutel",
}
"""What may fill a place, and has a Dutch of its own."""


@lru_cache(maxsize=1)
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    return [
        (re.compile(re.escape(english).replace(r"\{\}", "(.*?)"), re.DOTALL), dutch)
        for english, dutch in DUTCH.items()
    ]


def dutch_error(text: str) -> str:
    """Return the Dutch of an error's text; a list of problems in a file stays as it is.

    >>> dutch_error("There is no environment prod.")
    'Er is geen omgeving prod.'
    """
    for pattern, dutch in _patterns():
        found = pattern.fullmatch(text)
        if found:
            return dutch.format(*(_word(part) for part in found.groups()))
    return text


def _word(text: str) -> str:
    return ", ".join(_WORDS.get(part, part) for part in text.split(", "))
