-- What an account has beside jobs and templates: a user, secrets, keys that were revoked, a wallet.

-- What users changed of themselves; `doc` holds the fields that can be edited.
CREATE TABLE users (
  world   INTEGER NOT NULL REFERENCES worlds ON DELETE CASCADE,
  account TEXT NOT NULL,
  doc     TEXT NOT NULL,
  PRIMARY KEY (world, account)
) STRICT, WITHOUT ROWID;

-- Credentials for data sources. `secret_key` is kept and never given back.
CREATE TABLE secrets (
  world       INTEGER NOT NULL REFERENCES worlds ON DELETE CASCADE,
  account     TEXT NOT NULL,
  secret_type TEXT NOT NULL,
  id          TEXT NOT NULL,
  name        TEXT NOT NULL,
  access_key  TEXT NOT NULL,
  secret_key  TEXT NOT NULL,
  params      TEXT NOT NULL,
  expires_at  INTEGER,
  PRIMARY KEY (world, account, secret_type, id)
) STRICT, WITHOUT ROWID;

-- API keys are not stored, as every test_<world> is one; those that were revoked are.
CREATE TABLE revoked_keys (
  world      INTEGER NOT NULL REFERENCES worlds ON DELETE CASCADE,
  id         TEXT NOT NULL,
  revoked_at INTEGER NOT NULL,
  PRIMARY KEY (world, id)
) STRICT, WITHOUT ROWID;

-- Amounts are in ByteChips. `balance` is the sum of the transactions, `reserved` that of the reservations, and
-- `transactions` their number: neither sums nor counts are worked out again for each answer.
CREATE TABLE wallets (
  world        INTEGER NOT NULL REFERENCES worlds ON DELETE CASCADE,
  account      TEXT NOT NULL,
  balance      REAL NOT NULL DEFAULT 0,
  reserved     REAL NOT NULL DEFAULT 0,
  transactions INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (world, account)
) STRICT, WITHOUT ROWID;

-- What running jobs will cost. `ends_at` is when the job ends as things stand, `completes` whether it will then have to be
-- paid. A row whose `ends_at` has passed is turned into a payment, or dropped, before anybody looks at the wallet.
CREATE TABLE reservations (
  world       INTEGER NOT NULL REFERENCES worlds ON DELETE CASCADE,
  job_id      TEXT NOT NULL,
  account     TEXT NOT NULL,
  amount      REAL NOT NULL,
  job_name    TEXT NOT NULL,
  template_id TEXT NOT NULL,
  ends_at     INTEGER,
  completes   INTEGER NOT NULL,
  PRIMARY KEY (world, job_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX reservations_ends_at ON reservations (world, account, ends_at) WHERE ends_at IS NOT NULL;

-- `cause` is the job, the coupon or the occasion; nothing is booked twice for one cause.
CREATE TABLE transactions (
  seq         INTEGER PRIMARY KEY,
  world       INTEGER NOT NULL REFERENCES worlds ON DELETE CASCADE,
  account     TEXT NOT NULL,
  id          TEXT NOT NULL,
  created_at  INTEGER NOT NULL,
  type        TEXT NOT NULL,
  amount      REAL NOT NULL,
  balance     REAL NOT NULL,
  cause       TEXT NOT NULL,
  job_name    TEXT NOT NULL,
  template_id TEXT NOT NULL
) STRICT;

CREATE UNIQUE INDEX transactions_cause ON transactions (world, account, type, cause);
CREATE INDEX transactions_created_at ON transactions (world, account, created_at, seq);
CREATE INDEX transactions_amount ON transactions (world, account, amount, seq);
CREATE INDEX transactions_type ON transactions (world, account, type, seq);
