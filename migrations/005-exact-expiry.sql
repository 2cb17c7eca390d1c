-- When a secret expires as its client wrote it, to the nanosecond; a number holds less of it. NULL: `expires_at` has it all.
ALTER TABLE secrets ADD COLUMN expires TEXT;
