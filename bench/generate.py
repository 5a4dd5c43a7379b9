"""Makes a KT 1.3 archive of any size: the same bytes for the same seed and options.

    python bench/generate.py FOLDER --messages 10000 --seed 1 [--xml-share 0.5] [--plain]

Writes FOLDER/archive (folders of at most 5,000 files, one zip or one tar.zst),
FOLDER/kt-migrate.yaml and FOLDER/expected.json: what the generator itself put into documents
that can be read. Everybody in it is invented.
"""

from __future__ import annotations

import argparse
import json
import random
from collections import Counter
from dataclasses import dataclass, field, fields
from pathlib import Path

from copies import DOMAIN, Copies
from envelopes import SUFFIX, bundle, entry, outcome, unreadable
from pieces import JSON, XML
from sinks import PACKED, Folders, Sink
from story import Sent, Story
from things import APPLICATIONS, Thing


@dataclass(frozen=True, slots=True, kw_only=True)
class Shares:
    """How often something happens, per message.

    Attributes:
        xml: a document is XML; else JSON.
        sender: only the sender's copy is there, with base versions.
        answer: of those, the server's answer is there too.
        both: the sender's copy beside the queue copy.
        duplicate: the copy of another recipient.
        stripped: the copy of a recipient before 1.3.5, without versions.
        expired: a copy of which the header is left; every second time it is the only one.
        definitions: a search of the catalogue.
        summary: a search with headers only.
        outcome: an OperationOutcome.
        unreadable: a file that cannot be read.
    """

    xml: float = 0.5
    sender: float = 0.06
    answer: float = 0.5
    both: float = 0.03
    duplicate: float = 0.10
    stripped: float = 0.02
    expired: float = 0.02
    definitions: float = 0.001
    summary: float = 0.002
    outcome: float = 0.003
    unreadable: float = 0.001


PLAIN = Shares(**{f.name: 0.0 for f in fields(Shares) if f.name != "xml"})
"""One queue copy of each message, one search of the catalogue, and nothing else."""


@dataclass(slots=True)
class Generator:
    """Writes a story down, copy after copy, and counts what it wrote."""

    story: Story
    shares: Shares
    sink: Sink
    objects: Counter[str] = field(default_factory=Counter)
    events: Counter[str] = field(default_factory=Counter)
    documents: Counter[str] = field(default_factory=Counter)
    activities: int = 0
    headers_only: int = 0
    size: int = 0
    _chance: random.Random = field(init=False)
    _copy: Copies = field(init=False)

    def __post_init__(self) -> None:
        self._chance = random.Random(self.story.seed + 1)
        self._copy = Copies(self._chance)

    def run(self) -> dict[str, object]:
        """Write everything; returns what is in expected.json."""
        self._definitions("2019-01-01T00:00:00")
        for sent in self.story.tell():
            self.events[sent.event] += 1
            self._copies(sent)
            self._beside(sent)
        if self.shares.unreadable:
            for number in range(3):
                self._unreadable(number, self._copy.queue(sent, XML))
        self.sink.close()
        return {
            "messages": self.events.total(),
            "messages_with_header_only": self.headers_only,
            "events": dict(sorted(self.events.items())),
            "documents": dict(sorted(self.documents.items())),
            "objects": dict(sorted(self.objects.items())),
            "activities": self.activities,
            "applications": len(APPLICATIONS),
            "files": self.documents.total(),
            "bytes": self.size,
        }

    def _happens(self, share: float) -> bool:
        return share > 0 and self._chance.random() < share

    def _style(self) -> int:
        return XML if self._chance.random() < self.shares.xml else JSON

    def _copies(self, sent: Sent) -> None:
        """Write every copy of one message that the archive holds."""
        shares = self.shares
        expired = self._happens(shares.expired)
        if expired:
            style = self._style()
            self._write(
                sent.moment, style, "queue-message", self._copy.queue(sent, style, expired=True)
            )
            if sent.number % 2:
                self.headers_only += 1
                return
        if self._happens(shares.sender):
            self._sender(sent)
            if self._happens(shares.answer):
                style = self._style()
                self._write(sent.moment, style, "post-response", self._copy.answer(sent, style))
            return
        self._count(sent)
        again = 1 + self._happens(shares.duplicate)
        for _copy in range(again):
            style = self._style()
            self._write(sent.moment, style, "queue-message", self._copy.queue(sent, style))
        if self._happens(shares.both):
            self._sender(sent)
        if self._happens(shares.stripped):
            style = self._style()
            content = self._copy.queue(sent, style, versions=False)
            self._write(sent.moment, style, "queue-message", content)

    def _beside(self, sent: Sent) -> None:
        """Write the documents that are no messages."""
        if self._happens(self.shares.definitions):
            self._definitions(sent.moment)
        if self._happens(self.shares.summary):
            style = self._style()
            headers = [self._copy.header(sent, style) for _entry in range(5)]
            content = bundle(style, headers, title="Search on resources in collection")
            self._write(sent.moment, style, "search-summary", content)
        if self._happens(self.shares.outcome):
            style = self._style()
            self._write(sent.moment, style, "operation-outcome", outcome(style))
        if self._happens(self.shares.unreadable):
            self._unreadable(sent.number, self._copy.queue(sent, self._style()))

    def _write(self, moment: str, style: int, kind: str, content: bytes) -> None:
        self._add(moment, SUFFIX[style], kind, content)

    def _add(self, moment: str, suffix: str, kind: str, content: bytes) -> None:
        self.documents[kind] += 1
        self.size += len(content)
        name = f"{moment.replace(':', '-')}-{self.documents.total():07}{suffix}"
        self.sink.add(name, content)

    def _sender(self, sent: Sent) -> None:
        self._count(sent)
        style = self._style()
        self._write(sent.moment, style, "sender-message", self._copy.sender(sent, style))

    def _unreadable(self, number: int, whole: bytes) -> None:
        suffix, content = unreadable(number, whole)
        self._add("onleesbaar", suffix, "unreadable", content)

    def _count(self, sent: Sent) -> None:
        """Count what a readable copy holds, each object once."""
        for thing, _base, _given in sent.things:
            self._count_thing(thing)
        for activity in sent.activities:
            if not activity.counted:
                activity.counted = True
                self.activities += 1

    def _count_thing(self, thing: Thing) -> None:
        if not thing.counted:
            thing.counted = True
            self.objects[thing.source_type] += 1

    def _definitions(self, moment: str) -> None:
        style = self._style()
        entries = []
        for thing in self.story.catalogue:
            self._count_thing(thing)
            link = f"{thing.link}/_history/{thing.version}"
            entries.append(entry(style, thing.content(style), id=thing.link, link=link))
        title = "Search on resources in collection 'Other'"
        content = bundle(style, entries, title=title)
        self._write(moment, style, "activity-definition-search", content)


def domain_file(domain: str = DOMAIN) -> str:
    """Return the kt-migrate.yaml that fits: every application has a launch address."""
    lines = [
        "schema: kt-migrate-domain/1",
        f"domain: {domain}",
        "archives: [archive/]",
        "algorithm: standard",
        f"source_domains: [{DOMAIN}]",
        "applications:",
        *(
            f'  {name}: {{endpoint: "https://{name.lower()}.bench.example/launch"}}'
            for name in APPLICATIONS
        ),
    ]
    return "\n".join(lines) + "\n"


def generate(
    folder: Path,
    messages: int,
    *,
    seed: int = 1,
    shares: Shares = PLAIN,
    per_dossier: int = 12,
    packed: str = "",
) -> dict[str, object]:
    """Write an archive, its domain file and what is expected of it.

    Args:
        folder: gets archive/, kt-migrate.yaml and expected.json; there may be no archive/ yet,
            or an empty one.
        messages: distinct messages; copies and other documents come on top.
        seed: decides the content.
        shares: how often something happens.
        per_dossier: messages per dossier on average.
        packed: `zip` or `tar.zst`: one of those instead of folders.

    Returns:
        What is in expected.json.

    Raises:
        SystemExit: there is an archive already.
    """
    root = folder / "archive"
    if root.is_dir() and not any(root.iterdir()):
        root.rmdir()
    if root.exists():
        raise SystemExit(f"{root} is there already: choose another folder")
    sink = PACKED[packed](root) if packed else Folders(root)
    expected = Generator(Story(messages, seed, per_dossier), shares, sink).run()
    (folder / "expected.json").write_text(json.dumps(expected, indent=2) + "\n", encoding="utf-8")
    (folder / "kt-migrate.yaml").write_text(domain_file(), encoding="utf-8")
    return expected


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Make a KT 1.3 archive of invented messages.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--messages", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--per-dossier", type=int, default=12, help="messages, on average")
    parser.add_argument("--plain", action="store_true", help="no copies, no oddities")
    parser.add_argument("--packed", choices=["", *PACKED], default="", help="else folders")
    parser.add_argument("--zip", dest="packed", action="store_const", const="zip", help="the same")
    for share in fields(Shares):
        parser.add_argument(f"--{share.name}-share", type=float, default=share.default)
    return parser.parse_args()


def main() -> None:
    """Generate from the command line."""
    given = _arguments()
    shares = {f.name: getattr(given, f"{f.name}_share") for f in fields(Shares)}
    if given.plain:
        shares = dict.fromkeys(shares, 0.0) | {"xml": given.xml_share}
    expected = generate(
        given.folder,
        given.messages,
        seed=given.seed,
        shares=Shares(**shares),
        per_dossier=given.per_dossier,
        packed=given.packed,
    )
    print(json.dumps(expected))


if __name__ == "__main__":
    main()
