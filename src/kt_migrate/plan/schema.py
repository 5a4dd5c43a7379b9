"""The tables of plan.sqlite; described in docs/design.md, step 6."""

from __future__ import annotations

SCHEMA = "kt-migrate-plan/5"

TABLES = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE write (
  seq INTEGER PRIMARY KEY, r4_type TEXT NOT NULL, system TEXT NOT NULL, value TEXT NOT NULL,
  stage INTEGER NOT NULL, source_type TEXT NOT NULL, link TEXT NOT NULL,
  digest TEXT NOT NULL, body BLOB NOT NULL, UNIQUE (r4_type, system, value)) STRICT;
CREATE TABLE write_reference (
  seq INTEGER NOT NULL REFERENCES write, target_seq INTEGER NOT NULL REFERENCES write,
  path TEXT NOT NULL, PRIMARY KEY (seq, path)) STRICT, WITHOUT ROWID;
CREATE TABLE version_write (
  seq INTEGER NOT NULL REFERENCES write, ordinal INTEGER NOT NULL,
  version TEXT NOT NULL, message TEXT NOT NULL, digest TEXT NOT NULL, body BLOB NOT NULL,
  PRIMARY KEY (seq, ordinal)) STRICT;
CREATE TABLE version_reference (
  seq INTEGER NOT NULL REFERENCES write, target_seq INTEGER NOT NULL REFERENCES write,
  PRIMARY KEY (seq, target_seq)) STRICT, WITHOUT ROWID;
CREATE TABLE expected (
  id INTEGER PRIMARY KEY, r4_type TEXT NOT NULL, system TEXT NOT NULL, value TEXT NOT NULL,
  supplier TEXT NOT NULL, basis TEXT NOT NULL CHECK (basis IN ('claimed', 'announced')),
  announced INTEGER NOT NULL, source_type TEXT NOT NULL, link TEXT NOT NULL,
  UNIQUE (r4_type, system, value)) STRICT;
CREATE TABLE expected_reference (
  seq INTEGER NOT NULL REFERENCES write, expected INTEGER NOT NULL REFERENCES expected,
  PRIMARY KEY (seq, expected)) STRICT, WITHOUT ROWID;
CREATE TABLE client_write (
  seq INTEGER PRIMARY KEY REFERENCES write, client TEXT NOT NULL) STRICT;
CREATE TABLE version_count (
  source_type TEXT NOT NULL, outcome TEXT NOT NULL CHECK (outcome IN
    ('planned', 'equal', 'skipped')),
  count INTEGER NOT NULL, PRIMARY KEY (source_type, outcome)) STRICT, WITHOUT ROWID;
CREATE TABLE sighting (
  id INTEGER PRIMARY KEY, source_type TEXT NOT NULL, event TEXT NOT NULL, link TEXT NOT NULL,
  version TEXT NOT NULL, message TEXT NOT NULL, superseded_by INTEGER REFERENCES sighting,
  reason TEXT NOT NULL, CHECK ((superseded_by IS NULL) = (reason = ''))) STRICT;
CREATE TABLE message (
  identifier TEXT PRIMARY KEY, sent TEXT NOT NULL, sender TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE object (
  source_type TEXT NOT NULL, link TEXT NOT NULL,
  sighting INTEGER NOT NULL UNIQUE REFERENCES sighting, event TEXT NOT NULL,
  outcome TEXT NOT NULL CHECK (outcome IN
    ('migrated', 'not_migrated', 'rejected', 'out_of_scope')),
  reason TEXT NOT NULL, write_seq INTEGER REFERENCES write,
  CHECK ((write_seq IS NOT NULL) = (outcome = 'migrated')),
  PRIMARY KEY (source_type, link)) STRICT, WITHOUT ROWID;
CREATE TABLE dossier (
  source_type TEXT NOT NULL, link TEXT NOT NULL, patient TEXT NOT NULL,
  PRIMARY KEY (source_type, link)) STRICT, WITHOUT ROWID;
CREATE TABLE sighting_count (
  source_type TEXT NOT NULL, event TEXT NOT NULL, count INTEGER NOT NULL,
  PRIMARY KEY (source_type, event)) STRICT, WITHOUT ROWID;
CREATE TABLE census (
  source_type TEXT PRIMARY KEY, count INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE issue (
  id INTEGER PRIMARY KEY, source_type TEXT NOT NULL, event TEXT NOT NULL, link TEXT NOT NULL,
  code TEXT NOT NULL, path TEXT NOT NULL, rule TEXT NOT NULL, detail TEXT NOT NULL) STRICT;
CREATE TABLE enrichment (
  id INTEGER PRIMARY KEY, file TEXT NOT NULL, line INTEGER NOT NULL, field TEXT NOT NULL,
  source_type TEXT NOT NULL, link TEXT NOT NULL, rule TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('used', 'unused', 'conflict', 'unknown')),
  reason TEXT NOT NULL, hint TEXT NOT NULL) STRICT;
CREATE TABLE element (
  source_type TEXT NOT NULL, path TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('read', 'ignored', 'unread')),
  rules TEXT NOT NULL, because TEXT NOT NULL, count INTEGER NOT NULL,
  PRIMARY KEY (source_type, path)) STRICT, WITHOUT ROWID;
CREATE TABLE document (
  kind TEXT PRIMARY KEY, count INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE hash_total (
  r4_type TEXT PRIMARY KEY, count INTEGER NOT NULL, sum TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX one_last_state ON sighting (source_type, link) WHERE superseded_by IS NULL;
CREATE INDEX object_write ON object (write_seq);
CREATE INDEX enrichment_link ON enrichment (link) WHERE link != '';
CREATE INDEX expected_by ON expected_reference (expected);
CREATE INDEX write_source ON write (source_type, link);
"""
