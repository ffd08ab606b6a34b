CREATE TABLE `exports` (
	`id` text PRIMARY KEY NOT NULL,
	`job_id` text NOT NULL,
	`job_fence` integer NOT NULL,
	`output_key` text NOT NULL,
	`destination` text NOT NULL,
	`started_at` integer NOT NULL,
	`ended_at` integer,
	`due_at` integer NOT NULL,
	`leased_until` integer DEFAULT 0 NOT NULL,
	`step` integer DEFAULT 0 NOT NULL,
	`failures` integer DEFAULT 0 NOT NULL,
	`upload_id` text,
	`parts` text DEFAULT '[]' NOT NULL
);
--> statement-breakpoint
CREATE INDEX `exports_due` ON `exports` (`due_at`);--> statement-breakpoint
CREATE INDEX `exports_by_job` ON `exports` (`job_id`);--> statement-breakpoint
CREATE INDEX `exports_leased` ON `exports` (`destination`) WHERE leased_until > 0;--> statement-breakpoint
ALTER TABLE `jobs` ADD `destination` text;
--> statement-breakpoint
-- An export ends with its job, however that ends. A step that still runs keeps its lease, and changes nothing any more.
CREATE TRIGGER exports_ended AFTER UPDATE OF status ON jobs
WHEN OLD.stage = 'export' AND NEW.status <> 'running' BEGIN
  UPDATE exports SET ended_at = CAST(unixepoch('subsec') * 1000 AS INTEGER), due_at = leased_until,
    step = step + 1
  WHERE job_id = OLD.id AND ended_at IS NULL;
END;
--> statement-breakpoint
CREATE TRIGGER exports_job_deleted AFTER DELETE ON jobs WHEN OLD.stage = 'export' BEGIN
  UPDATE exports SET ended_at = CAST(unixepoch('subsec') * 1000 AS INTEGER), due_at = leased_until,
    step = step + 1
  WHERE job_id = OLD.id AND ended_at IS NULL;
END;
--> statement-breakpoint
-- A retry of a job whose export failed repeats the export alone.
CREATE TRIGGER exports_retried AFTER UPDATE OF status ON jobs
WHEN OLD.status = 'error' AND NEW.stage = 'export' BEGIN
  INSERT INTO exports (id, job_id, job_fence, output_key, destination, started_at, due_at)
  SELECT NEW.id || '.' || NEW.fence, NEW.id, NEW.fence, output_key,
    json_object('credential', NEW.destination ->> 'credential', 'bucket', NEW.destination ->> 'bucket',
      'key', NEW.destination ->> 'key'),
    CAST(unixepoch('subsec') * 1000 AS INTEGER), 0
  FROM variants WHERE file_path = NEW.file_path AND transformation = NEW.transformation;
END;
