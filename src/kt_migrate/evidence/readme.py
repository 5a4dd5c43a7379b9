"""README.txt of a pack: for who has the file and nothing of ours."""

from __future__ import annotations

from collections.abc import Collection

from kt_migrate.errors import said
from kt_migrate.language import shown

_PAPERS = {
    "pack": said("of which domain, environment and run this is, and which papers are absent"),
    "binding": said(
        "what the plan is bound to: SHA-256 of archive, algorithm, enrichment, settings, plan"
    ),
    "versions": said("versions of the program, the profiles and what else decides"),
    "books": said("the books per type and per event, and the independent count of the archive"),
    "totals": said("per type count and hash total of plan, journal and server"),
    "success": said("the success criteria (K.4), and what came of them"),
    "figures": said("every start of the run: duration, rate, latencies, answers"),
    "verify": said("what reading the server back found (Q.2)"),
    "judged": said(
        "what a care provider said of each dossier of a sample (Q.3): verdicts, no content"
    ),
    "gates": said(
        "the chain of the quality gates (O, Q): role and number of the person, no names or remarks"
    ),
    "probe": said("whether the environment gave what it must"),
    "rollback": said("what was undone, and what the server said afterwards (R)"),
    "estimate": said("the estimate of the trial (M.2)"),
    "sample": said("of which sample"),
}
"""What each JSON paper is, in a few words."""


def readme(papers: Collection[str]) -> bytes:
    """Return README.txt, in the language of now.

    Args:
        papers: names of the JSON papers that are in the pack.
    """
    lines = [f"  {name + '.json':<15} {shown(_PAPERS[name])}" for name in _PAPERS if name in papers]
    return shown(_TEXT).format(papers="\n".join(lines)).encode()


_TEXT = said("""\
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
object by it: kt-migrate trace PSEUDONYM. Who decided, and who judged a sample, stands here as a
role and a number. The supplier keeps the signed line itself; its SHA-256 is in gates.json.
""")
