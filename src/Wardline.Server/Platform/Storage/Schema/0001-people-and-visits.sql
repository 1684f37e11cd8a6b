-- Times are milliseconds since 1970-01-01 UTC. Secrets are stored as SHA-256 of 128 random bits or more.

CREATE TABLE people (
  id   TEXT PRIMARY KEY,
  name TEXT NOT NULL
) STRICT;

CREATE TABLE visits (
  id          TEXT PRIMARY KEY,
  type        TEXT NOT NULL,
  profile     TEXT NOT NULL,
  starts_at   INTEGER NOT NULL,
  opened_at   INTEGER,
  ended_at    INTEGER,
  demo        INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE invitations (
  visit_id    TEXT NOT NULL REFERENCES visits (id),
  person_id   TEXT NOT NULL REFERENCES people (id),
  participant TEXT NOT NULL UNIQUE,
  role        TEXT NOT NULL,
  admission   TEXT NOT NULL,
  PRIMARY KEY (visit_id, person_id)
) STRICT;

CREATE TABLE visit_links (
  secret_hash BLOB PRIMARY KEY,
  visit_id    TEXT NOT NULL,
  person_id   TEXT NOT NULL,
  expires_at  INTEGER NOT NULL,
  FOREIGN KEY (visit_id, person_id) REFERENCES invitations (visit_id, person_id)
) STRICT;
CREATE INDEX visit_links_by_visit ON visit_links (visit_id);

CREATE TABLE browser_sessions (
  token_hash BLOB PRIMARY KEY,
  person_id  TEXT NOT NULL REFERENCES people (id),
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX browser_sessions_by_expiry ON browser_sessions (expires_at);
