-- The part of a clock's offset that made up for a machine's clock that was set back.
ALTER TABLE worlds ADD COLUMN clock_corrected INTEGER NOT NULL DEFAULT 0;
CREATE INDEX worlds_corrected ON worlds (clock_corrected) WHERE clock_corrected > 0;
