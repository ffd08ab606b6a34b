-- A job can also end after it returned to its queue, and is then not split. The files of its chunks are
-- of no use after that either.

DROP TRIGGER jobs_split_ended;
--> statement-breakpoint
-- When a split job ends, its unfinished chunks end too.
CREATE TRIGGER jobs_split_ended AFTER UPDATE OF status ON jobs
WHEN OLD.chunk_count IS NOT NULL AND OLD.status = 'running' AND NEW.status <> 'running' BEGIN
  UPDATE jobs SET status = 'cancelled', run_after = NULL, lease_expires_at = NULL, stage = NULL,
    completed_at = CAST(unixepoch('subsec') * 1000 AS INTEGER)
  WHERE parent_id = OLD.id AND status IN ('pending', 'running');
END;
--> statement-breakpoint
-- The files of finished chunks are kept for another attempt, unless the job is completed or cancelled.
CREATE TRIGGER chunks_unused AFTER UPDATE OF status ON jobs
WHEN NEW.status IN ('completed', 'cancelled') AND OLD.status <> NEW.status
  AND NEW.parent_id IS NULL BEGIN
  UPDATE outputs SET retired = 1
  WHERE key IN (SELECT package_key FROM jobs WHERE parent_id = OLD.id);
END;
