-- The newest 1,000 deleted jobs of a world keep their documents. Of older ones only the row is kept, so that the id stays taken.
CREATE INDEX jobs_deleted_at ON jobs (world, deleted_at, seq) WHERE deleted_at IS NOT NULL AND doc <> '{}';

UPDATE jobs SET name = '', doc = '{}' WHERE seq IN (
  SELECT seq FROM (
    SELECT seq, row_number() OVER (PARTITION BY world ORDER BY deleted_at DESC, seq DESC) AS place
    FROM jobs WHERE deleted_at IS NOT NULL
  ) WHERE place > 1000
);

-- The folder of a world's files; null: the one that is named by the id. An act that replaces the files names another one here,
-- so that rows and files change in one moment.
ALTER TABLE worlds ADD COLUMN place INTEGER;
CREATE UNIQUE INDEX worlds_place ON worlds (coalesce(place, id));
