"""README.txt of a pack: for who has the file and nothing of ours."""

from __future__ import annotations

from collections.abc import Collection

from kt_migrate.language import tr

_PAPERS = {
    "pack": (
        "van welk domein, welke omgeving en welke run dit is, en welke stukken ontbreken",
        "of which domain, environment and run this is, and which papers are absent",
    ),
    "binding": (
        "waaraan het plan vastzit: SHA-256 van archief, algoritme, verrijking, instellingen, plan",
        "what the plan is bound to: SHA-256 of archive, algorithm, enrichment, settings, plan",
    ),
    "versions": (
        "versies van het programma, de profielen en wat verder beslist",
        "versions of the program, the profiles and what else decides",
    ),
    "books": (
        "de boeken per soort en per event, en de onafhankelijke telling van het archief",
        "the books per type and per event, and the independent count of the archive",
    ),
    "totals": (
        "per soort aantal en hashtotaal van plan, journaal en server",
        "per type count and hash total of plan, journal and server",
    ),
    "success": (
        "de succescriteria (K.4) en wat ervan terechtkwam",
        "the success criteria (K.4), and what came of them",
    ),
    "figures": (
        "elke start van de run: duur, snelheid, wachttijden, antwoorden",
        "every start of the run: duration, rate, latencies, answers",
    ),
    "verify": ("wat het teruglezen vond (Q.2)", "what reading the server back found (Q.2)"),
    "gates": (
        "de keten van de quality-gates (O, Q): rol en persoonsnummer, geen namen of opmerkingen",
        "the chain of the quality gates (O, Q): role and number of the person, no names or remarks",
    ),
    "probe": (
        "of de omgeving gaf wat nodig was (M.1)",
        "whether the environment gave what it must",
    ),
    "rollback": (
        "wat er is teruggedraaid, en wat de server daarna zei (R)",
        "what was undone, and what the server said afterwards (R)",
    ),
    "estimate": ("de schatting van de proef (M.2)", "the estimate of the trial (M.2)"),
    "sample": ("uit welke steekproef", "of which sample"),
}
"""What each JSON paper is, in Dutch and in English."""


def readme(papers: Collection[str]) -> bytes:
    """Return README.txt, in the language of now.

    Args:
        papers: names of the JSON papers that are in the pack.
    """
    lines = [f"  {name + '.json':<15} {tr(*_PAPERS[name])}" for name in _PAPERS if name in papers]
    return tr(_NL, _EN).format(papers="\n".join(lines)).encode()


_NL = """\
BEWIJS VAN EEN MIGRATIE VAN KOPPELTAAL 1.3 NAAR 2.0

Dit bestand is gemaakt en ondertekend door kt-migrate. Controleren kan zonder netwerk en zonder
kt-migrate. Er staan geen persoonsgegevens in.

ZELF CONTROLEREN

1. Pak het bestand uit, en geef in die map:
       sha256sum -c manifest.sha256
   Elk bestand moet "OK" geven. Er mag niets ontbreken en, behalve manifest.sha256 en
   signature.jws, niets over zijn.
2. signature.jws is een JWS (RFC 7515) in compacte vorm, met Ed25519 (RFC 8032). Open hem met een
   JOSE-bibliotheek naar keuze, met de publieke sleutel die in zijn kop staat (jwk). Wat eruit
   komt is JSON, met "manifest": de uitkomst van
       sha256sum manifest.sha256
   moet daaraan gelijk zijn. "at" is het moment, zoals de ondertekenaar het zegt.
3. De sleutel in de kop bewijst alleen dat de houder van die sleutel tekende. Vraag de
   vingerafdruk ("kid", RFC 7638) langs een andere weg aan wie dit gaf, en vergelijk.
4. Reken na: in books.json is per regel read = superseded + objects, en objects = migrated +
   not_migrated + rejected + out_of_scope. In totals.json zijn plan, journal en server gelijk.
   In gates.json is prev van elke regel de sha256 van de regel ervoor.

Met kt-migrate gaat dat in een keer: kt-migrate evidence verify BESTAND --thumbprint VINGERAFDRUK

WAT ERIN ZIT

{papers}
  errors.csv      de foutenlijst, per pseudoniem en code
  manifest.sha256 de SHA-256 van elk van deze bestanden
  signature.jws   de handtekening over die lijst

WAT HET BEWIJST

Dat deze cijfers op dat moment zo door de houder van de sleutel zijn vastgelegd, bij dit plan en
dit archief (binding.json), en dat er sindsdien niets aan veranderd is. Een hashtotaal is het
aantal en de som (modulo 2^256) van de SHA-256 van elke resource: gelijke totalen betekenen
dezelfde verzameling.

Het bewijst niet dat wie tekende de waarheid sprak, noch dat de inhoud van het archief klopte.

WIE IS WIE

Een object heet hier naar een pseudoniem van zijn KT 1.3-link. De leverancier heeft het plan, en
zoekt het object erbij: kt-migrate trace PSEUDONIEM. Wie er besliste, staat hier als rol en
nummer. De leverancier bewaart de ondertekende regel zelf; zijn SHA-256 staat in gates.json.
"""

_EN = """\
EVIDENCE OF A MIGRATION FROM KOPPELTAAL 1.3 TO 2.0

This file was made and signed by kt-migrate. It can be checked without a network and without
kt-migrate. There is no personal data in it.

CHECK IT YOURSELF

1. Unpack the file, and give in that folder:
       sha256sum -c manifest.sha256
   Every file must give "OK". Nothing may be missing and, but for manifest.sha256 and
   signature.jws, nothing may be left over.
2. signature.jws is a JWS (RFC 7515) in its compact form, with Ed25519 (RFC 8032). Open it with a
   JOSE library of your choice, with the public key that stands in its header (jwk). What comes
   out is JSON, with "manifest": the outcome of
       sha256sum manifest.sha256
   must be equal to it. "at" is the moment, as the signer says it.
3. The key in the header proves no more than that the holder of that key signed. Ask who gave you
   this for the thumbprint ("kid", RFC 7638) by another way, and compare.
4. Work it out: in books.json read = superseded + objects in every row, and objects = migrated +
   not_migrated + rejected + out_of_scope. In totals.json plan, journal and server are equal.
   In gates.json prev of every line is the sha256 of the line before it.

kt-migrate does all of it at once: kt-migrate evidence verify FILE --thumbprint THUMBPRINT

WHAT IS IN IT

{papers}
  errors.csv      the error list, by pseudonym and code
  manifest.sha256 the SHA-256 of each of these files
  signature.jws   the signature over that list

WHAT IT PROVES

That the holder of the key laid these figures down at that moment, of this plan and this archive
(binding.json), and that nothing of them has changed since. A hash total is the count and the sum
(modulo 2^256) of the SHA-256 of every resource: equal totals mean the same set.

It does not prove that who signed told the truth, nor that the archive's content was right.

WHO IS WHO

An object goes here by a pseudonym of its KT 1.3 link. The supplier has the plan, and finds the
object by it: kt-migrate trace PSEUDONYM. Who decided stands here as a role and a number. The
supplier keeps the signed line itself; its SHA-256 is in gates.json.
"""
