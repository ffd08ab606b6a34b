-- Fewer bytes and fewer written rows for each job. The previous Worker works with the changed tables.

DROP TRIGGER jobs_created;
--> statement-breakpoint
DROP TRIGGER jobs_changed;
--> statement-breakpoint
DROP TRIGGER jobs_claimed;
--> statement-breakpoint
DROP TRIGGER jobs_left_running;
--> statement-breakpoint
DROP TRIGGER jobs_playable;
--> statement-breakpoint
DROP TRIGGER jobs_measured;
--> statement-breakpoint
DROP TRIGGER jobs_deleted;
--> statement-breakpoint
DROP TRIGGER variants_replaced;
--> statement-breakpoint
DROP TRIGGER variants_deleted;
--> statement-breakpoint
DROP TRIGGER variants_created;
--> statement-breakpoint
DROP TRIGGER variants_made_again;
--> statement-breakpoint
DROP TRIGGER variants_queues_deleted;
--> statement-breakpoint
-- The data of an event repeats its columns, so it is built when it is read. Old rows keep theirs.
ALTER TABLE events RENAME COLUMN data TO stored_data;
--> statement-breakpoint
ALTER TABLE events ADD priority integer;
--> statement-breakpoint
ALTER TABLE events ADD error text;
--> statement-breakpoint
ALTER TABLE events ADD data text GENERATED ALWAYS AS (iif(stored_data <> '', stored_data, json_patch(
    json_object('jobId', job_id, 'filePath', file_path, 'status', CASE type
      WHEN 'job:created' THEN 'pending'
      WHEN 'job:started' THEN 'running'
      WHEN 'job:playable' THEN 'running'
      WHEN 'job:retrying' THEN 'pending'
      ELSE substr(type, 5) END),
    json_object('priority', priority, 'error', error)))) VIRTUAL;
--> statement-breakpoint
-- An attempt that runs, or that completed its job, has no row: the row of the job says the same. Old
-- attempts keep their rows.
ALTER TABLE jobs ADD command text;
--> statement-breakpoint
ALTER TABLE jobs ADD stderr_tail text;
--> statement-breakpoint
ALTER TABLE attempts RENAME TO ended_attempts;
--> statement-breakpoint
CREATE VIEW attempts AS
SELECT job_id, fence, attempt, runner_id, started_at, ended_at, outcome, error_code, error, command,
  stderr_tail
FROM ended_attempts
UNION ALL
SELECT id, fence, attempt, runner_id, started_at, completed_at,
  iif(status = 'completed', 'completed', NULL), NULL, NULL, command, stderr_tail
FROM jobs
WHERE status IN ('running', 'completed') AND NOT EXISTS (
  SELECT 1 FROM ended_attempts WHERE job_id = jobs.id AND fence = jobs.fence);
--> statement-breakpoint
-- For the previous Worker, which records the log of an attempt after its end.
CREATE TRIGGER attempts_logged INSTEAD OF UPDATE ON attempts BEGIN
  UPDATE ended_attempts SET command = NEW.command, stderr_tail = NEW.stderr_tail
  WHERE job_id = OLD.job_id AND fence = OLD.fence;
  UPDATE jobs SET command = NEW.command, stderr_tail = NEW.stderr_tail
  WHERE id = OLD.job_id AND fence = OLD.fence AND status = 'completed';
END;
--> statement-breakpoint
-- These tables are found by their primary keys only, so the rows are stored in the key's index.
CREATE TABLE new_outputs (
  key text PRIMARY KEY NOT NULL,
  job_id text NOT NULL,
  fence integer NOT NULL,
  upload_id text,
  created_at integer NOT NULL,
  retired integer DEFAULT false NOT NULL,
  collect_after integer DEFAULT 0 NOT NULL
) WITHOUT ROWID;
--> statement-breakpoint
INSERT INTO new_outputs (key, job_id, fence, upload_id, created_at, retired, collect_after)
SELECT key, job_id, fence, upload_id, created_at, retired, collect_after FROM outputs ORDER BY key;
--> statement-breakpoint
DROP TABLE outputs;
--> statement-breakpoint
ALTER TABLE new_outputs RENAME TO outputs;
--> statement-breakpoint
CREATE INDEX outputs_retired ON outputs (collect_after, created_at) WHERE retired = 1;
--> statement-breakpoint
CREATE TABLE new_variants (
  file_path text NOT NULL,
  transformation text NOT NULL,
  output_key text NOT NULL,
  job_id text NOT NULL,
  size_bytes integer NOT NULL,
  source_etag text NOT NULL,
  reference_files text DEFAULT '[]' NOT NULL,
  created_at integer NOT NULL,
  last_requested_at integer,
  PRIMARY KEY (file_path, transformation)
) WITHOUT ROWID;
--> statement-breakpoint
INSERT INTO new_variants (file_path, transformation, output_key, job_id, size_bytes, source_etag,
  reference_files, created_at, last_requested_at)
SELECT file_path, transformation, output_key, job_id, size_bytes, source_etag, reference_files,
  created_at, last_requested_at
FROM variants ORDER BY file_path, transformation;
--> statement-breakpoint
DROP TABLE variants;
--> statement-breakpoint
ALTER TABLE new_variants RENAME TO variants;
--> statement-breakpoint
CREATE INDEX variants_by_last_request ON variants (last_requested_at)
WHERE last_requested_at IS NOT NULL;
--> statement-breakpoint
CREATE TABLE new_variant_queues (
  file_path text NOT NULL,
  transformation text NOT NULL,
  queue text NOT NULL,
  PRIMARY KEY (file_path, transformation, queue)
) WITHOUT ROWID;
--> statement-breakpoint
INSERT INTO new_variant_queues (file_path, transformation, queue)
SELECT file_path, transformation, queue FROM variant_queues
ORDER BY file_path, transformation, queue;
--> statement-breakpoint
DROP TABLE variant_queues;
--> statement-breakpoint
ALTER TABLE new_variant_queues RENAME TO variant_queues;
--> statement-breakpoint
CREATE TABLE new_queue_hourly_stats (
  queue text NOT NULL,
  hour integer NOT NULL,
  completed integer DEFAULT 0 NOT NULL,
  failed integer DEFAULT 0 NOT NULL,
  media_ms integer DEFAULT 0 NOT NULL,
  processing_ms integer DEFAULT 0 NOT NULL,
  PRIMARY KEY (queue, hour)
) WITHOUT ROWID;
--> statement-breakpoint
INSERT INTO new_queue_hourly_stats (queue, hour, completed, failed, media_ms, processing_ms)
SELECT queue, hour, completed, failed, media_ms, processing_ms FROM queue_hourly_stats
ORDER BY queue, hour;
--> statement-breakpoint
DROP TABLE queue_hourly_stats;
--> statement-breakpoint
ALTER TABLE new_queue_hourly_stats RENAME TO queue_hourly_stats;
--> statement-breakpoint
CREATE TRIGGER jobs_created AFTER INSERT ON jobs BEGIN
  UPDATE queues SET pending = pending + 1 WHERE name = NEW.queue;
  INSERT INTO events (queue, job_id, file_path, type, stored_data, created_at, priority)
  VALUES (NEW.queue, NEW.id, NEW.file_path, 'job:created', '', NEW.created_at, NEW.priority);
END;
--> statement-breakpoint
CREATE TRIGGER jobs_changed AFTER UPDATE OF status ON jobs WHEN OLD.status <> NEW.status BEGIN
  UPDATE queues SET
    pending = pending + (NEW.status = 'pending') - (OLD.status = 'pending'),
    running = running + (NEW.status = 'running') - (OLD.status = 'running'),
    completed = completed + (NEW.status = 'completed') - (OLD.status = 'completed'),
    error = error + (NEW.status = 'error') - (OLD.status = 'error'),
    cancelled = cancelled + (NEW.status = 'cancelled') - (OLD.status = 'cancelled')
  WHERE name = NEW.queue;
  INSERT INTO events (queue, job_id, file_path, type, stored_data, created_at, error)
  VALUES (NEW.queue, NEW.id, NEW.file_path,
    CASE NEW.status
      WHEN 'running' THEN 'job:started'
      WHEN 'completed' THEN 'job:completed'
      WHEN 'error' THEN 'job:error'
      WHEN 'cancelled' THEN 'job:cancelled'
      ELSE 'job:retrying'
    END,
    '', CAST(unixepoch('subsec') * 1000 AS INTEGER),
    CASE WHEN NEW.status IN ('error', 'pending') THEN NEW.error END);
END;
--> statement-breakpoint
-- A job that returns to `pending` with a lower attempt number was interrupted, and did not fail. The
-- attempt of a completed job has a row only if it began before this migration. The outputs of a
-- claim are those whose keys begin with the job's id and the fence: '0' is the character after '/'.
CREATE TRIGGER jobs_left_running AFTER UPDATE OF status ON jobs
WHEN OLD.status = 'running' AND NEW.status <> 'running' BEGIN
  UPDATE ended_attempts SET
    ended_at = NEW.completed_at, outcome = 'completed', command = NEW.command,
    stderr_tail = NEW.stderr_tail
  WHERE NEW.status = 'completed' AND job_id = OLD.id AND fence = OLD.fence;
  INSERT INTO ended_attempts (job_id, fence, attempt, runner_id, started_at, ended_at, outcome,
    error_code, error)
  SELECT OLD.id, OLD.fence, OLD.attempt, OLD.runner_id, coalesce(OLD.started_at, OLD.created_at),
    CAST(unixepoch('subsec') * 1000 AS INTEGER),
    CASE
      WHEN NEW.status = 'cancelled' THEN 'cancelled'
      WHEN NEW.attempt < OLD.attempt THEN 'released'
      ELSE 'failed'
    END,
    NEW.error_code, NEW.error
  WHERE NEW.status <> 'completed'
  ON CONFLICT (job_id, fence) DO UPDATE SET
    ended_at = excluded.ended_at, outcome = excluded.outcome, error_code = excluded.error_code,
    error = excluded.error;
  UPDATE outputs SET retired = 1
  WHERE NEW.status <> 'completed'
    AND key >= OLD.id || '/' || OLD.fence AND key < OLD.id || '/' || OLD.fence || '0';
END;
--> statement-breakpoint
-- A claim clears playable_at, so there is at most one such event for each attempt.
CREATE TRIGGER jobs_playable AFTER UPDATE OF playable_at ON jobs
WHEN OLD.playable_at IS NULL AND NEW.playable_at IS NOT NULL AND NEW.status = 'running' BEGIN
  INSERT INTO events (queue, job_id, file_path, type, stored_data, created_at)
  VALUES (NEW.queue, NEW.id, NEW.file_path, 'job:playable', '',
    CAST(unixepoch('subsec') * 1000 AS INTEGER));
END;
--> statement-breakpoint
CREATE TRIGGER jobs_measured AFTER UPDATE OF status ON jobs
WHEN OLD.status = 'running' AND NEW.status IN ('completed', 'error') BEGIN
  INSERT INTO queue_hourly_stats (queue, hour, completed, failed, media_ms, processing_ms)
  VALUES (NEW.queue, NEW.completed_at / 3600000 * 3600000,
    NEW.status = 'completed',
    NEW.status = 'error',
    CAST(coalesce(NEW.output ->> 'durationSeconds', 0) * 1000 AS INTEGER),
    max(NEW.completed_at - NEW.started_at, 0))
  ON CONFLICT (queue, hour) DO UPDATE SET
    completed = completed + excluded.completed,
    failed = failed + excluded.failed,
    media_ms = media_ms + excluded.media_ms,
    processing_ms = processing_ms + excluded.processing_ms;
END;
--> statement-breakpoint
CREATE TRIGGER jobs_deleted AFTER DELETE ON jobs BEGIN
  UPDATE queues SET
    pending = pending - (OLD.status = 'pending'),
    running = running - (OLD.status = 'running'),
    completed = completed - (OLD.status = 'completed'),
    error = error - (OLD.status = 'error'),
    cancelled = cancelled - (OLD.status = 'cancelled')
  WHERE name = OLD.queue;
  INSERT INTO events (queue, job_id, file_path, type, stored_data, created_at)
  VALUES (OLD.queue, OLD.id, OLD.file_path, 'job:deleted', '',
    CAST(unixepoch('subsec') * 1000 AS INTEGER));
  DELETE FROM ended_attempts WHERE job_id = OLD.id;
  UPDATE outputs SET retired = 1
  WHERE OLD.status = 'running'
    AND key >= OLD.id || '/' || OLD.fence AND key < OLD.id || '/' || OLD.fence || '0';
END;
--> statement-breakpoint
-- The row of an output is deleted when the output becomes a variant, and inserted again when the
-- variant is replaced or deleted. Its upload has ended then, so the id of the upload is empty. A key
-- that ends in a slash is the prefix of a package.
CREATE TRIGGER variants_replaced AFTER UPDATE OF output_key ON variants
WHEN OLD.output_key <> NEW.output_key BEGIN
  INSERT INTO outputs (key, job_id, fence, upload_id, created_at, retired)
  VALUES (OLD.output_key, OLD.job_id, 0, iif(OLD.output_key LIKE '%/', NULL, ''), OLD.created_at, 1)
  ON CONFLICT (key) DO UPDATE SET retired = 1;
END;
--> statement-breakpoint
CREATE TRIGGER variants_deleted AFTER DELETE ON variants BEGIN
  INSERT INTO outputs (key, job_id, fence, upload_id, created_at, retired)
  VALUES (OLD.output_key, OLD.job_id, 0, iif(OLD.output_key LIKE '%/', NULL, ''), OLD.created_at, 1)
  ON CONFLICT (key) DO UPDATE SET retired = 1;
  DELETE FROM variant_references
  WHERE path IN (SELECT value ->> 'path' FROM json_each(OLD.reference_files))
    AND file_path = OLD.file_path AND transformation = OLD.transformation;
END;
--> statement-breakpoint
CREATE TRIGGER variants_created AFTER INSERT ON variants BEGIN
  INSERT INTO variant_queues (file_path, transformation, queue)
  SELECT NEW.file_path, NEW.transformation, queue FROM jobs WHERE id = NEW.job_id
  ON CONFLICT DO NOTHING;
END;
--> statement-breakpoint
CREATE TRIGGER variants_made_again AFTER UPDATE OF job_id ON variants BEGIN
  INSERT INTO variant_queues (file_path, transformation, queue)
  SELECT NEW.file_path, NEW.transformation, queue FROM jobs WHERE id = NEW.job_id
  ON CONFLICT DO NOTHING;
END;
--> statement-breakpoint
CREATE TRIGGER variants_queues_deleted AFTER DELETE ON variants BEGIN
  DELETE FROM variant_queues
  WHERE file_path = OLD.file_path AND transformation = OLD.transformation;
END;
