-- The chunks of a stream store their files in a package that they share. It is kept as long as there
-- is a chunk of it, and of use as long as their files are. The package of a completed job is deleted
-- from `outputs` with the same transaction.

DROP TRIGGER chunks_deleted;
--> statement-breakpoint
DROP TRIGGER chunks_unused;
--> statement-breakpoint
-- The file of a finished chunk is in its `package_key`; that of `join` is the output of the job.
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
-- The files of finished chunks are kept for another attempt, unless the job is completed or cancelled.
CREATE TRIGGER chunks_unused AFTER UPDATE OF status ON jobs
WHEN NEW.status IN ('completed', 'cancelled') AND OLD.status <> NEW.status
  AND NEW.parent_id IS NULL BEGIN
  UPDATE outputs SET retired = 1
  WHERE key IN (
    SELECT package_key FROM jobs WHERE parent_id = OLD.id
    UNION SELECT chunk ->> 'packageKey' FROM jobs WHERE parent_id = OLD.id);
END;
