-- A chunk is a row of `jobs` with a `parent_id`. It has no events, and counters of its own.

DROP TRIGGER jobs_created;
--> statement-breakpoint
DROP TRIGGER jobs_changed;
--> statement-breakpoint
DROP TRIGGER jobs_measured;
--> statement-breakpoint
DROP TRIGGER jobs_deleted;
--> statement-breakpoint
CREATE TRIGGER jobs_created AFTER INSERT ON jobs WHEN NEW.parent_id IS NULL BEGIN
  UPDATE queues SET pending = pending + 1 WHERE name = NEW.queue;
  INSERT INTO events (queue, job_id, file_path, type, stored_data, created_at, priority)
  VALUES (NEW.queue, NEW.id, NEW.file_path, 'job:created', '', NEW.created_at, NEW.priority);
END;
--> statement-breakpoint
CREATE TRIGGER jobs_changed AFTER UPDATE OF status ON jobs
WHEN OLD.status <> NEW.status AND NEW.parent_id IS NULL BEGIN
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
CREATE TRIGGER jobs_measured AFTER UPDATE OF status ON jobs
WHEN OLD.status = 'running' AND NEW.status IN ('completed', 'error') AND NEW.parent_id IS NULL BEGIN
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
CREATE TRIGGER jobs_deleted AFTER DELETE ON jobs WHEN OLD.parent_id IS NULL BEGIN
  UPDATE queues SET
    pending = pending - (OLD.status = 'pending'),
    running = running - (OLD.status = 'running'),
    completed = completed - (OLD.status = 'completed'),
    error = error - (OLD.status = 'error'),
    cancelled = cancelled - (OLD.status = 'cancelled'),
    split = split - (OLD.chunk_count IS NOT NULL)
  WHERE name = OLD.queue;
  INSERT INTO events (queue, job_id, file_path, type, stored_data, created_at)
  VALUES (OLD.queue, OLD.id, OLD.file_path, 'job:deleted', '',
    CAST(unixepoch('subsec') * 1000 AS INTEGER));
  DELETE FROM ended_attempts WHERE job_id = OLD.id;
  UPDATE outputs SET retired = 1
  WHERE OLD.status = 'running'
    AND key >= OLD.id || '/' || OLD.fence AND key < OLD.id || '/' || OLD.fence || '0';
  DELETE FROM jobs WHERE parent_id = OLD.id;
END;
--> statement-breakpoint
CREATE TRIGGER chunks_created AFTER INSERT ON jobs WHEN NEW.parent_id IS NOT NULL BEGIN
  UPDATE queues SET pending_chunks = pending_chunks + 1 WHERE name = NEW.queue;
END;
--> statement-breakpoint
CREATE TRIGGER chunks_changed AFTER UPDATE OF status ON jobs
WHEN OLD.status <> NEW.status AND NEW.parent_id IS NOT NULL BEGIN
  UPDATE queues SET
    pending_chunks = pending_chunks + (NEW.status = 'pending') - (OLD.status = 'pending'),
    running_chunks = running_chunks + (NEW.status = 'running') - (OLD.status = 'running')
  WHERE name = NEW.queue;
END;
--> statement-breakpoint
-- The file of a completed chunk is in its `package_key`; that of `join` is the output of the job. The chunks
-- of a stream store their files in a package that they share, which is kept as long as there is a chunk of it.
CREATE TRIGGER chunks_deleted AFTER DELETE ON jobs WHEN OLD.parent_id IS NOT NULL BEGIN
  UPDATE queues SET
    pending_chunks = pending_chunks - (OLD.status = 'pending'),
    running_chunks = running_chunks - (OLD.status = 'running')
  WHERE name = OLD.queue;
  DELETE FROM ended_attempts WHERE job_id = OLD.id;
  UPDATE outputs SET retired = 1 WHERE key = OLD.package_key;
  UPDATE outputs SET retired = 1
  WHERE OLD.status = 'running'
    AND key >= OLD.id || '/' || OLD.fence AND key < OLD.id || '/' || OLD.fence || '0';
  UPDATE outputs SET retired = 1
  WHERE key = OLD.chunk ->> 'packageKey' AND NOT EXISTS (
    SELECT 1 FROM jobs
    WHERE parent_id = OLD.parent_id AND chunk ->> 'packageKey' = OLD.chunk ->> 'packageKey');
END;
--> statement-breakpoint
CREATE TRIGGER jobs_split AFTER UPDATE OF chunk_count ON jobs
WHEN (OLD.chunk_count IS NULL) <> (NEW.chunk_count IS NULL) BEGIN
  UPDATE queues SET split = split + (NEW.chunk_count IS NOT NULL) - (OLD.chunk_count IS NOT NULL)
  WHERE name = NEW.queue;
END;
--> statement-breakpoint
-- When a split job ends, its unfinished chunks end too.
CREATE TRIGGER jobs_split_ended AFTER UPDATE OF status ON jobs
WHEN OLD.chunk_count IS NOT NULL AND OLD.status = 'running' AND NEW.status <> 'running' BEGIN
  UPDATE jobs SET status = 'cancelled', run_after = NULL, lease_expires_at = NULL, stage = NULL,
    completed_at = CAST(unixepoch('subsec') * 1000 AS INTEGER)
  WHERE parent_id = OLD.id AND status IN ('pending', 'running');
END;
--> statement-breakpoint
-- The files of completed chunks are kept for another attempt, unless the job is completed or cancelled.
CREATE TRIGGER chunks_unused AFTER UPDATE OF status ON jobs
WHEN NEW.status IN ('completed', 'cancelled') AND OLD.status <> NEW.status
  AND NEW.parent_id IS NULL BEGIN
  UPDATE outputs SET retired = 1
  WHERE key IN (
    SELECT package_key FROM jobs WHERE parent_id = OLD.id
    UNION SELECT chunk ->> 'packageKey' FROM jobs WHERE parent_id = OLD.id);
END;
