-- The pace of a world's jobs, as --pace writes it; null is the pace the emulator was started with.
ALTER TABLE worlds ADD COLUMN pace TEXT;
