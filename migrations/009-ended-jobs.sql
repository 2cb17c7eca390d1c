-- Only filters look for the end of a job, and those for jobs that have one: a create does not write to this index.
DROP INDEX jobs_ended_at;
CREATE INDEX jobs_ended_at ON jobs (world, account, ended_at, seq) WHERE deleted_at IS NULL AND ended_at IS NOT NULL;
