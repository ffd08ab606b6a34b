-- The jobs of an import and the import end together.

CREATE TRIGGER imports_cancelled AFTER UPDATE OF status ON jobs
WHEN OLD.stage = 'import' AND NEW.status = 'cancelled' BEGIN
  UPDATE imports SET ended_at = CAST(unixepoch('subsec') * 1000 AS INTEGER), due_at = 0,
    fence = fence + 1, source = NULL, stored_etag = NULL
  WHERE file_path = NEW.file_path AND ended_at IS NULL AND NOT EXISTS (
    SELECT 1 FROM jobs
    WHERE file_path = NEW.file_path AND completed_at IS NULL AND stage = 'import');
END;
--> statement-breakpoint
CREATE TRIGGER imports_jobs_deleted AFTER DELETE ON jobs WHEN OLD.stage = 'import' BEGIN
  UPDATE imports SET ended_at = CAST(unixepoch('subsec') * 1000 AS INTEGER), due_at = 0,
    fence = fence + 1, source = NULL, stored_etag = NULL
  WHERE file_path = OLD.file_path AND ended_at IS NULL AND NOT EXISTS (
    SELECT 1 FROM jobs
    WHERE file_path = OLD.file_path AND completed_at IS NULL AND stage = 'import');
END;
--> statement-breakpoint
CREATE TRIGGER imports_retried AFTER UPDATE OF status ON jobs
WHEN OLD.status = 'error' AND NEW.stage = 'import' BEGIN
  UPDATE imports SET started_at = CAST(unixepoch('subsec') * 1000 AS INTEGER), ended_at = NULL,
    due_at = 0, fence = fence + 1, failures = 0, restarts = 0, etag = NULL, validator = NULL,
    size_bytes = NULL, offset_bytes = 0, stored_etag = NULL
  WHERE file_path = NEW.file_path AND ended_at IS NOT NULL;
END;
