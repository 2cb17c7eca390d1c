-- The life of a job. The timeline itself is in `doc`; these columns are what lists filter and sort by.
-- `state` is the state that was last looked at, `next_at` when the timeline moves on from it: rows whose `next_at` has
-- passed are brought up to date before a list asks for states.
ALTER TABLE jobs ADD COLUMN submitted_at INTEGER;
ALTER TABLE jobs ADD COLUMN started_at INTEGER;
ALTER TABLE jobs ADD COLUMN ended_at INTEGER;
ALTER TABLE jobs ADD COLUMN next_at INTEGER;

CREATE INDEX jobs_next_at ON jobs (world, next_at) WHERE next_at IS NOT NULL;
CREATE INDEX jobs_submitted_at ON jobs (world, account, submitted_at, seq) WHERE deleted_at IS NULL;
CREATE INDEX jobs_ended_at ON jobs (world, account, ended_at, seq) WHERE deleted_at IS NULL;
