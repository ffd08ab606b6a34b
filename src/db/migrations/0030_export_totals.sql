-- The variant of an exported job is stored before the job is completed, and is counted then, as are the times of its stages.
-- A failed export is counted with its code. A repeated export is no claim.
DROP TRIGGER jobs_changed;
--> statement-breakpoint
CREATE TRIGGER jobs_changed AFTER UPDATE OF status ON jobs
WHEN OLD.status <> NEW.status AND NEW.parent_id IS NULL BEGIN
  UPDATE queues SET
    pending = pending + (NEW.status = 'pending') - (OLD.status = 'pending'),
    running = running + (NEW.status = 'running') - (OLD.status = 'running'),
    completed = completed + (NEW.status = 'completed') - (OLD.status = 'completed'),
    error = error + (NEW.status = 'error') - (OLD.status = 'error'),
    cancelled = cancelled + (NEW.status = 'cancelled') - (OLD.status = 'cancelled'),
    totals = json_patch(json_set(totals,
      '$.claims', ifnull(totals ->> '$.claims', 0) + (NEW.status = 'running' AND NEW.stage IS NOT 'export'),
      '$.completed', ifnull(totals ->> '$.completed', 0) + (NEW.status = 'completed'),
      '$.failed', ifnull(totals ->> '$.failed', 0) + (NEW.status = 'error'),
      '$.cancelled', ifnull(totals ->> '$.cancelled', 0) + (NEW.status = 'cancelled'),
      '$.variants', ifnull(totals ->> '$.variants', 0) + (NEW.status = 'completed'
        AND OLD.stage IS NOT 'export' AND NOT EXISTS (SELECT 1 FROM variants
          WHERE file_path = NEW.file_path AND transformation = NEW.transformation)),
      '$.variant_bytes', ifnull(totals ->> '$.variant_bytes', 0) + iif(NEW.status = 'completed'
        AND OLD.stage IS NOT 'export',
        coalesce(NEW.output ->> 'sizeBytes', 0) - coalesce((SELECT size_bytes FROM variants
          WHERE file_path = NEW.file_path AND transformation = NEW.transformation), 0), 0),
      '$.media_ms', ifnull(totals ->> '$.media_ms', 0) + iif(NEW.status = 'completed',
        CAST(coalesce(NEW.output ->> 'durationSeconds', 0) * 1000 AS INTEGER), 0),
      '$.processing_ms', ifnull(totals ->> '$.processing_ms', 0)
        + iif(OLD.status = 'running' AND NEW.status IN ('completed', 'error'),
          max(NEW.completed_at - NEW.started_at, 0), 0)),
    -- A split job has no attempt of its own: its chunks are counted. The times of an exported job are counted already.
    iif(OLD.status = 'running' AND (OLD.chunk_count IS NULL OR OLD.stage IS 'export'), json_patch(
      iif(NEW.timings IS OLD.timings, '{}', json_object(
        'stage:probe', ifnull(totals ->> '$."stage:probe"', 0) + ifnull(NEW.timings ->> 'probe', 0),
        'stage:analyse', ifnull(totals ->> '$."stage:analyse"', 0) + ifnull(NEW.timings ->> 'analyse', 0),
        'stage:encode', ifnull(totals ->> '$."stage:encode"', 0) + ifnull(NEW.timings ->> 'encode', 0),
        'stage:verify', ifnull(totals ->> '$."stage:verify"', 0) + ifnull(NEW.timings ->> 'verify', 0),
        'stage:upload', ifnull(totals ->> '$."stage:upload"', 0) + ifnull(NEW.timings ->> 'upload', 0))),
      iif(NEW.status = 'error' OR (NEW.status = 'pending' AND NEW.run_after IS NOT NULL),
        json_object('failure:' || NEW.error_code,
          ifnull(totals ->> ('$."failure:' || NEW.error_code || '"'), 0) + 1), '{}')), '{}'))
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
CREATE TRIGGER jobs_exported AFTER UPDATE OF stage ON jobs
WHEN NEW.stage = 'export' AND OLD.stage IS NOT 'export' AND OLD.status = 'running' BEGIN
  UPDATE queues SET totals = json_patch(json_set(totals,
      '$.variants', ifnull(totals ->> '$.variants', 0) + (NOT EXISTS (SELECT 1 FROM variants
        WHERE file_path = NEW.file_path AND transformation = NEW.transformation)),
      '$.variant_bytes', ifnull(totals ->> '$.variant_bytes', 0)
        + coalesce(NEW.output ->> 'sizeBytes', 0) - coalesce((SELECT size_bytes FROM variants
          WHERE file_path = NEW.file_path AND transformation = NEW.transformation), 0)),
    iif(OLD.chunk_count IS NULL, json_object(
      'stage:probe', ifnull(totals ->> '$."stage:probe"', 0) + ifnull(NEW.timings ->> 'probe', 0),
      'stage:analyse', ifnull(totals ->> '$."stage:analyse"', 0) + ifnull(NEW.timings ->> 'analyse', 0),
      'stage:encode', ifnull(totals ->> '$."stage:encode"', 0) + ifnull(NEW.timings ->> 'encode', 0),
      'stage:verify', ifnull(totals ->> '$."stage:verify"', 0) + ifnull(NEW.timings ->> 'verify', 0),
      'stage:upload', ifnull(totals ->> '$."stage:upload"', 0) + ifnull(NEW.timings ->> 'upload', 0)),
      '{}'))
  WHERE name = NEW.queue;
END;
