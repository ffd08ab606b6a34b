CREATE TRIGGER webhooks_disabled AFTER UPDATE OF disabled_at ON webhook_endpoints
WHEN OLD.disabled_at IS NULL AND NEW.disabled_at IS NOT NULL AND NEW.disabled_reason <> 'requested' BEGIN
  INSERT INTO events (queue, job_id, file_path, type, stored_data, created_at)
  VALUES (coalesce(NEW.queue, '*'), '', '', 'webhook:disabled',
    json_object('webhookId', NEW.id, 'reason', NEW.disabled_reason),
    CAST(unixepoch('subsec') * 1000 AS INTEGER));
END;
--> statement-breakpoint
-- The last events of a deleted job may not have been handed out yet.
CREATE TRIGGER job_webhooks_job_deleted AFTER DELETE ON jobs WHEN OLD.parent_id IS NULL BEGIN
  UPDATE job_webhooks SET job_deleted_at = CAST(unixepoch('subsec') * 1000 AS INTEGER)
  WHERE job_id = OLD.id;
END;
--> statement-breakpoint
CREATE TRIGGER webhooks_key_deleted AFTER DELETE ON api_keys BEGIN
  UPDATE webhook_endpoints SET secret = '', previous_secret = NULL,
    deleted_at = CAST(unixepoch('subsec') * 1000 AS INTEGER)
  WHERE api_key_id = OLD.id;
END;
