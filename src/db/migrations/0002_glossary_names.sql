-- Renames tables and columns to the terms of the glossary. No row changes. The triggers that mention
-- an old name, and three of the indexes, are dropped first and created again at the end.

DROP TRIGGER jobs_claimed;
--> statement-breakpoint
DROP TRIGGER jobs_measured;
--> statement-breakpoint
DROP TRIGGER variants_removed;
--> statement-breakpoint
DROP TRIGGER files_stored;
--> statement-breakpoint
DROP TRIGGER files_replaced;
--> statement-breakpoint
DROP TRIGGER files_removed;
--> statement-breakpoint
DROP TRIGGER incoming_begun;
--> statement-breakpoint
DROP TRIGGER incoming_changed;
--> statement-breakpoint
DROP TRIGGER incoming_ended;
--> statement-breakpoint
DROP TRIGGER uploads_ended;
--> statement-breakpoint
DROP INDEX jobs_pending_by_key;
--> statement-breakpoint
DROP INDEX files_unowned;
--> statement-breakpoint
DROP INDEX incoming_whole;
--> statement-breakpoint
ALTER TABLE incoming RENAME TO storage_reservations;
--> statement-breakpoint
ALTER TABLE queue_hours RENAME TO queue_hourly_stats;
--> statement-breakpoint
ALTER TABLE presets RENAME TO named_presets;
--> statement-breakpoint
ALTER TABLE jobs RENAME COLUMN variant TO transformation;
--> statement-breakpoint
ALTER TABLE jobs RENAME COLUMN needs TO required_encoders;
--> statement-breakpoint
ALTER TABLE jobs RENAME COLUMN made_with TO reference_files;
--> statement-breakpoint
ALTER TABLE jobs RENAME COLUMN runner TO runner_id;
--> statement-breakpoint
ALTER TABLE jobs RENAME COLUMN runner_hash TO runner_secret_hash;
--> statement-breakpoint
ALTER TABLE jobs RENAME COLUMN key_id TO api_key_id;
--> statement-breakpoint
ALTER TABLE attempts RENAME COLUMN runner TO runner_id;
--> statement-breakpoint
ALTER TABLE variants RENAME COLUMN variant TO transformation;
--> statement-breakpoint
ALTER TABLE variants RENAME COLUMN made_with TO reference_files;
--> statement-breakpoint
ALTER TABLE variant_references RENAME COLUMN variant TO transformation;
--> statement-breakpoint
ALTER TABLE uploads RENAME COLUMN key_id TO api_key_id;
--> statement-breakpoint
ALTER TABLE files RENAME COLUMN key_id TO api_key_id;
--> statement-breakpoint
ALTER TABLE files RENAME COLUMN settled_at TO recorded_at;
--> statement-breakpoint
ALTER TABLE storage_reservations RENAME COLUMN key_id TO api_key_id;
--> statement-breakpoint
CREATE INDEX jobs_pending_by_api_key ON jobs (api_key_id)
WHERE status = 'pending' AND api_key_id IS NOT NULL;
--> statement-breakpoint
CREATE INDEX files_unowned ON files (recorded_at) WHERE api_key_id IS NULL;
--> statement-breakpoint
CREATE INDEX storage_reservations_whole ON storage_reservations (created_at) WHERE part = 0;
--> statement-breakpoint
CREATE TRIGGER jobs_claimed AFTER UPDATE OF status ON jobs
WHEN OLD.status <> 'running' AND NEW.status = 'running' BEGIN
  INSERT INTO attempts (job_id, fence, attempt, runner_id, started_at)
  VALUES (NEW.id, NEW.fence, NEW.attempt, NEW.runner_id, NEW.started_at);
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
CREATE TRIGGER variants_deleted AFTER DELETE ON variants BEGIN
  UPDATE outputs SET retired = 1 WHERE key = OLD.output_key;
  DELETE FROM variant_references
  WHERE path IN (SELECT value ->> 'path' FROM json_each(OLD.reference_files))
    AND file_path = OLD.file_path AND transformation = OLD.transformation;
END;
--> statement-breakpoint
-- An API key is charged for the originals that it stored and for its storage reservations. The bytes
-- of a deleted key are charged to nobody.
CREATE TRIGGER files_created AFTER INSERT ON files BEGIN
  UPDATE api_keys SET stored_bytes = stored_bytes + NEW.size_bytes WHERE id = NEW.api_key_id;
END;
--> statement-breakpoint
CREATE TRIGGER files_changed AFTER UPDATE OF api_key_id, size_bytes ON files BEGIN
  UPDATE api_keys SET stored_bytes = stored_bytes - OLD.size_bytes WHERE id = OLD.api_key_id;
  UPDATE api_keys SET stored_bytes = stored_bytes + NEW.size_bytes WHERE id = NEW.api_key_id;
END;
--> statement-breakpoint
CREATE TRIGGER files_deleted AFTER DELETE ON files BEGIN
  UPDATE api_keys SET stored_bytes = stored_bytes - OLD.size_bytes WHERE id = OLD.api_key_id;
END;
--> statement-breakpoint
CREATE TRIGGER storage_reservations_created AFTER INSERT ON storage_reservations BEGIN
  UPDATE api_keys SET stored_bytes = stored_bytes + NEW.size_bytes WHERE id = NEW.api_key_id;
END;
--> statement-breakpoint
CREATE TRIGGER storage_reservations_changed AFTER UPDATE OF size_bytes ON storage_reservations BEGIN
  UPDATE api_keys SET stored_bytes = stored_bytes + NEW.size_bytes - OLD.size_bytes
  WHERE id = NEW.api_key_id;
END;
--> statement-breakpoint
CREATE TRIGGER storage_reservations_deleted AFTER DELETE ON storage_reservations BEGIN
  UPDATE api_keys SET stored_bytes = stored_bytes - OLD.size_bytes WHERE id = OLD.api_key_id;
END;
--> statement-breakpoint
CREATE TRIGGER uploads_deleted AFTER DELETE ON uploads BEGIN
  DELETE FROM storage_reservations WHERE id = OLD.id;
END;
