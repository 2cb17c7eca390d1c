-- Building blocks that clients pushed: apps and engines of every version. `doc` has what the manifest says, `archive` the
-- bytes that were pushed, in base64.
CREATE TABLE blocks (
  seq        INTEGER PRIMARY KEY,
  world      INTEGER NOT NULL REFERENCES worlds ON DELETE CASCADE,
  id         TEXT    NOT NULL,
  kind       TEXT    NOT NULL,
  name       TEXT    NOT NULL,
  major      INTEGER NOT NULL,
  minor      INTEGER NOT NULL,
  account    TEXT    NOT NULL,
  active     INTEGER NOT NULL,
  revision   INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  doc        TEXT    NOT NULL,
  archive    TEXT    NOT NULL,
  UNIQUE (world, id),
  UNIQUE (world, kind, name, major, minor)
) STRICT;
