-- The jobs of each tag, and an event for a changed priority.

CREATE TRIGGER jobs_tagged AFTER INSERT ON jobs WHEN NEW.tags <> '[]' BEGIN
  INSERT INTO job_tags (tag, seq) SELECT value, NEW.seq FROM json_each(NEW.tags) WHERE true
  ON CONFLICT DO NOTHING;
END;
--> statement-breakpoint
CREATE TRIGGER jobs_tags_deleted AFTER DELETE ON jobs WHEN OLD.tags <> '[]' BEGIN
  DELETE FROM job_tags WHERE seq = OLD.seq AND tag IN (SELECT value FROM json_each(OLD.tags));
END;
--> statement-breakpoint
CREATE TRIGGER jobs_prioritized AFTER UPDATE OF priority ON jobs
WHEN OLD.priority <> NEW.priority AND OLD.status = NEW.status AND NEW.parent_id IS NULL BEGIN
  INSERT INTO events (queue, job_id, file_path, type, stored_data, created_at)
  VALUES (NEW.queue, NEW.id, NEW.file_path, 'job:prioritized',
    json_object('jobId', NEW.id, 'filePath', NEW.file_path, 'status', NEW.status,
      'priority', NEW.priority),
    CAST(unixepoch('subsec') * 1000 AS INTEGER));
END;
