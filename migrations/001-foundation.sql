-- Worlds: everything that one API key opens. Time is in microseconds since 1970.
CREATE TABLE worlds (
  id           INTEGER PRIMARY KEY,
  name         TEXT NOT NULL UNIQUE,
  created_at   INTEGER NOT NULL,
  clock_offset INTEGER NOT NULL DEFAULT 0,
  clock_frozen INTEGER
) STRICT;

-- Accounts of a world, each with the number of its jobs that lists show: counting a million rows per page is too slow.
CREATE TABLE accounts (
  world INTEGER NOT NULL REFERENCES worlds ON DELETE CASCADE,
  name  TEXT NOT NULL,
  jobs  INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (world, name)
) STRICT, WITHOUT ROWID;

-- Jobs. `seq` keeps rows in the order of their making, since clients' ids are random; `doc` holds what no list needs.
CREATE TABLE jobs (
  seq          INTEGER PRIMARY KEY,
  world        INTEGER NOT NULL REFERENCES worlds ON DELETE CASCADE,
  id           TEXT NOT NULL,
  account      TEXT NOT NULL,
  template_id  TEXT NOT NULL,
  name         TEXT NOT NULL,
  state        TEXT NOT NULL,
  created_at   INTEGER NOT NULL,
  deleted_at   INTEGER,
  doc          TEXT NOT NULL
) STRICT;

CREATE UNIQUE INDEX jobs_id ON jobs (world, id);
CREATE INDEX jobs_created_at ON jobs (world, account, created_at, seq) WHERE deleted_at IS NULL;
CREATE INDEX jobs_name ON jobs (world, account, name, seq) WHERE deleted_at IS NULL;
CREATE INDEX jobs_template_id ON jobs (world, account, template_id, seq) WHERE deleted_at IS NULL;
CREATE INDEX jobs_state ON jobs (world, account, state, seq) WHERE deleted_at IS NULL;

CREATE TRIGGER jobs_made AFTER INSERT ON jobs WHEN NEW.deleted_at IS NULL BEGIN
  INSERT INTO accounts (world, name, jobs) VALUES (NEW.world, NEW.account, 1)
    ON CONFLICT (world, name) DO UPDATE SET jobs = jobs + 1;
END;

CREATE TRIGGER jobs_gone AFTER UPDATE OF deleted_at ON jobs WHEN OLD.deleted_at IS NULL AND NEW.deleted_at IS NOT NULL BEGIN
  UPDATE accounts SET jobs = jobs - 1 WHERE world = NEW.world AND name = NEW.account;
END;

-- Templates that clients made; built-in ones and those of the seed are not stored.
CREATE TABLE templates (
  world      INTEGER NOT NULL REFERENCES worlds ON DELETE CASCADE,
  id         TEXT NOT NULL,
  account    TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  doc        TEXT NOT NULL,
  PRIMARY KEY (world, id)
) STRICT, WITHOUT ROWID;

-- Tokens that were signed out before they expired.
CREATE TABLE revoked_tokens (
  jti        TEXT PRIMARY KEY,
  world      INTEGER NOT NULL REFERENCES worlds ON DELETE CASCADE,
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX revoked_tokens_world ON revoked_tokens (world);

-- What the emulator itself must remember across restarts, such as the key that signs tokens.
CREATE TABLE settings (
  name  TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
