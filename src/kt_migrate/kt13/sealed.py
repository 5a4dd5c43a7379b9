"""Reads contents that were read before no more: most of an archive says the same again.

A message carries its patient, practitioners and organisation as they are, and the next message
carries them once more. What is needed of each is which content it is, and its text once. So the
form in which a content came is remembered, by its digest, with what was made of it.

Whatever comes out is what reading everything would give: what this road cannot take, or what is
odd in any way, is read in full.
"""

from __future__ import annotations

import hashlib
from functools import partial

import orjson
from lxml import etree

from kt_migrate.kt13.body import source_type
from kt_migrate.kt13.envelope import HEADER, Bundle, Seal
from kt_migrate.kt13.json_body import Parsed, body_of, bundle_of, quick_json
from kt_migrate.kt13.slices import NUMBER, numbered, sliced
from kt_migrate.kt13.xml_body import body_of as xml_body_of
from kt_migrate.kt13.xml_body import local_name, parse_xml
from kt_migrate.model import Body

REMEMBERED = 60_000
"""Contents, and as many texts, that are remembered at most: about 20 MB of digests."""


class Seals:
    """Gives every content its seal, and each text once.

    Attributes:
        remembered: how many contents are remembered before the oldest are forgotten.
    """

    def __init__(self, remembered: int = REMEMBERED) -> None:
        self.remembered = remembered
        # Two ages: what is asked for again goes to the young, what is not falls off with the old.
        self._young: dict[bytes, Seal] = {}
        self._old: dict[bytes, Seal] = {}
        self._given: set[str] = set()
        self._fresh: list[tuple[bytes, str]] = []

    def seal(self, kind: str, body: Body) -> Seal:
        """Seal a content that was read.

        Args:
            kind: its type, as in `SourceVersion`.
            body: its canonical form.
        """
        text = orjson.dumps(body, option=orjson.OPT_SORT_KEYS)
        digest = hashlib.sha256(text).hexdigest()
        if digest in self._given:
            return Seal(kind, digest, b"")
        if len(self._given) >= self.remembered:
            self._given.clear()
        self._given.add(digest)
        return Seal(kind, digest, text)

    def bundle(self, content: bytes) -> Bundle | None:
        """Read a bundle, each content sealed, but for headers.

        Returns:
            None when it must be read in full: by what it holds, or because it cannot be read.
            Then, and when what it holds goes no further, its contents must be taken back.
        """
        self._fresh.clear()
        try:
            return self._json(content) if content[:1] == b"{" else self._xml(content)
        except (ValueError, orjson.JSONEncodeError):
            return None

    def take_back(self) -> None:
        """Forget which contents were new in the last bundle: nobody has their texts."""
        for form, digest in self._fresh:
            self._young.pop(form, None)
            self._old.pop(form, None)
            self._given.discard(digest)
        self._fresh.clear()

    def _json(self, content: bytes) -> Bundle | None:
        root = quick_json(content)
        if root is None or root.get("resourceType") != "Bundle":
            return None
        return bundle_of(root, self._of_json)

    def _of_json(self, resource: dict[str, Parsed]) -> tuple[Body, Seal | None]:
        kind = resource.get("resourceType")
        if not isinstance(kind, str) or kind == HEADER:
            return body_of(resource), None
        form = hashlib.sha256(orjson.dumps(resource)).digest()
        return {}, self._known(form) or self._made(form, kind, body_of(resource))

    def _xml(self, content: bytes) -> Bundle:
        cut = sliced(content)
        if cut is None:
            return parse_xml(content, self._of_xml)
        seals = [self._known(form) for form in cut.forms]
        read = partial(self._of_slice, cut.forms, seals)
        return parse_xml(numbered(cut, [seal is not None for seal in seals]), read)

    def _of_slice(
        self, forms: list[bytes], seals: list[Seal | None], resource: etree._Element
    ) -> tuple[Body, Seal | None]:
        content = resource.getparent()
        number = int(content.get(NUMBER, "")) if content is not None else 0
        seal, form = seals[number], forms[number]
        if seal is not None:
            return {}, seal
        return self._sealed(resource, form)

    def _of_xml(self, resource: etree._Element) -> tuple[Body, Seal | None]:
        return self._sealed(resource, b"")

    def _sealed(self, resource: etree._Element, form: bytes) -> tuple[Body, Seal | None]:
        kind = local_name(resource)
        if kind == HEADER:
            return xml_body_of(resource), None
        form = form or hashlib.sha256(etree.tostring(resource, with_tail=False)).digest()
        return {}, self._known(form) or self._made(form, kind, xml_body_of(resource))

    def _known(self, form: bytes) -> Seal | None:
        return self._young.get(form) or self._older(form)

    def _older(self, form: bytes) -> Seal | None:
        seal = self._old.get(form)
        if seal is not None:
            self._remember(form, seal)
        return seal

    def _made(self, form: bytes, kind: str, body: Body) -> Seal:
        seal = self.seal(source_type(kind, body), body)
        self._fresh.append((form, seal.digest if seal.text else ""))
        self._remember(form, Seal(seal.source_type, seal.digest, b""))
        return seal

    def _remember(self, form: bytes, seal: Seal) -> None:
        if len(self._young) >= self.remembered // 2:
            self._old, self._young = self._young, {}
        self._young[form] = seal
