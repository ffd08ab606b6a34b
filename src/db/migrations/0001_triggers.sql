-- When a job changes, triggers update the counters, the event log, attempts, throughput and retired
-- outputs in the same transaction. So no statement can leave out an event or a counter.
-- 0002_glossary_names.sql replaces some of the triggers.

INSERT INTO queues (name) VALUES ('default');
--> statement-breakpoint
CREATE TRIGGER jobs_created AFTER INSERT ON jobs BEGIN
  UPDATE queues SET pending = pending + 1 WHERE name = NEW.queue;
  INSERT INTO events (queue, job_id, file_path, type, data, created_at)
  VALUES (NEW.queue, NEW.id, NEW.file_path, 'job:created',
    json_object('jobId', NEW.id, 'filePath', NEW.file_path, 'status', NEW.status, 'priority', NEW.priority),
    NEW.created_at);
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
  -- json_patch leaves out null: only a job with an error has this field.
  INSERT INTO events (queue, job_id, file_path, type, data, created_at)
  VALUES (NEW.queue, NEW.id, NEW.file_path,
    CASE NEW.status
      WHEN 'running' THEN 'job:started'
      WHEN 'completed' THEN 'job:completed'
      WHEN 'error' THEN 'job:error'
      WHEN 'cancelled' THEN 'job:cancelled'
      ELSE 'job:retrying'
    END,
    json_patch(
      json_object('jobId', NEW.id, 'filePath', NEW.file_path, 'status', NEW.status),
      json_object('error', CASE WHEN NEW.status IN ('error', 'pending') THEN NEW.error END)),
    CAST(unixepoch('subsec') * 1000 AS INTEGER));
END;
--> statement-breakpoint
CREATE TRIGGER jobs_claimed AFTER UPDATE OF status ON jobs
WHEN OLD.status <> 'running' AND NEW.status = 'running' BEGIN
  INSERT INTO attempts (job_id, fence, attempt, runner, started_at)
  VALUES (NEW.id, NEW.fence, NEW.attempt, NEW.runner, NEW.started_at);
END;
--> statement-breakpoint
-- A job that returns to `pending` with a lower attempt number was interrupted, and did not fail.
CREATE TRIGGER jobs_left_running AFTER UPDATE OF status ON jobs
WHEN OLD.status = 'running' AND NEW.status <> 'running' BEGIN
  UPDATE attempts SET
    ended_at = CAST(unixepoch('subsec') * 1000 AS INTEGER),
    outcome = CASE
      WHEN NEW.status = 'completed' THEN 'completed'
      WHEN NEW.status = 'cancelled' THEN 'cancelled'
      WHEN NEW.attempt < OLD.attempt THEN 'released'
      ELSE 'failed'
    END,
    error_code = NEW.error_code,
    error = NEW.error
  WHERE job_id = OLD.id AND fence = OLD.fence;
  UPDATE outputs SET retired = 1
  WHERE NEW.status <> 'completed' AND job_id = OLD.id AND fence = OLD.fence;
END;
--> statement-breakpoint
-- A claim clears playable_at, so there is at most one such event for each attempt.
CREATE TRIGGER jobs_playable AFTER UPDATE OF playable_at ON jobs
WHEN OLD.playable_at IS NULL AND NEW.playable_at IS NOT NULL AND NEW.status = 'running' BEGIN
  INSERT INTO events (queue, job_id, file_path, type, data, created_at)
  VALUES (NEW.queue, NEW.id, NEW.file_path, 'job:playable',
    json_object('jobId', NEW.id, 'filePath', NEW.file_path, 'status', NEW.status),
    CAST(unixepoch('subsec') * 1000 AS INTEGER));
END;
--> statement-breakpoint
CREATE TRIGGER jobs_measured AFTER UPDATE OF status ON jobs
WHEN OLD.status = 'running' AND NEW.status IN ('completed', 'error') BEGIN
  INSERT INTO queue_hours (queue, hour, completed, failed, media_ms, processing_ms)
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
  INSERT INTO events (queue, job_id, file_path, type, data, created_at)
  VALUES (OLD.queue, OLD.id, OLD.file_path, 'job:deleted',
    json_object('jobId', OLD.id, 'filePath', OLD.file_path, 'status', 'deleted'),
    CAST(unixepoch('subsec') * 1000 AS INTEGER));
  DELETE FROM attempts WHERE job_id = OLD.id;
  UPDATE outputs SET retired = 1
  WHERE OLD.status = 'running' AND job_id = OLD.id AND fence = OLD.fence;
END;
--> statement-breakpoint
CREATE TRIGGER variants_replaced AFTER UPDATE OF output_key ON variants
WHEN OLD.output_key <> NEW.output_key BEGIN
  UPDATE outputs SET retired = 1 WHERE key = OLD.output_key;
END;
--> statement-breakpoint
CREATE TRIGGER variants_removed AFTER DELETE ON variants BEGIN
  UPDATE outputs SET retired = 1 WHERE key = OLD.output_key;
  DELETE FROM variant_references
  WHERE path IN (SELECT value ->> 'path' FROM json_each(OLD.made_with))
    AND file_path = OLD.file_path AND variant = OLD.variant;
END;

--> statement-breakpoint
-- An API key is charged for the originals that it stored and for its storage reservations. The bytes
-- of a deleted key are charged to nobody.
CREATE TRIGGER files_stored AFTER INSERT ON files BEGIN
  UPDATE api_keys SET stored_bytes = stored_bytes + NEW.size_bytes WHERE id = NEW.key_id;
END;
--> statement-breakpoint
CREATE TRIGGER files_replaced AFTER UPDATE OF key_id, size_bytes ON files BEGIN
  UPDATE api_keys SET stored_bytes = stored_bytes - OLD.size_bytes WHERE id = OLD.key_id;
  UPDATE api_keys SET stored_bytes = stored_bytes + NEW.size_bytes WHERE id = NEW.key_id;
END;
--> statement-breakpoint
CREATE TRIGGER files_removed AFTER DELETE ON files BEGIN
  UPDATE api_keys SET stored_bytes = stored_bytes - OLD.size_bytes WHERE id = OLD.key_id;
END;
--> statement-breakpoint
CREATE TRIGGER incoming_begun AFTER INSERT ON incoming BEGIN
  UPDATE api_keys SET stored_bytes = stored_bytes + NEW.size_bytes WHERE id = NEW.key_id;
END;
--> statement-breakpoint
CREATE TRIGGER incoming_changed AFTER UPDATE OF size_bytes ON incoming BEGIN
  UPDATE api_keys SET stored_bytes = stored_bytes + NEW.size_bytes - OLD.size_bytes
  WHERE id = NEW.key_id;
END;
--> statement-breakpoint
CREATE TRIGGER incoming_ended AFTER DELETE ON incoming BEGIN
  UPDATE api_keys SET stored_bytes = stored_bytes - OLD.size_bytes WHERE id = OLD.key_id;
END;
--> statement-breakpoint
CREATE TRIGGER uploads_ended AFTER DELETE ON uploads BEGIN
  DELETE FROM incoming WHERE id = OLD.id;
END;
