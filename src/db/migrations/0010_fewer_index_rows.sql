-- Indexes that write fewer rows for each job. An active job has no `completed_at`, and an ended one has.

UPDATE jobs SET completed_at = created_at
WHERE completed_at IS NULL AND status IN ('completed', 'error', 'cancelled');--> statement-breakpoint
UPDATE jobs SET completed_at = NULL
WHERE completed_at IS NOT NULL AND status IN ('pending', 'running');--> statement-breakpoint
DROP INDEX `events_by_queue`;--> statement-breakpoint
DROP INDEX `jobs_by_status`;--> statement-breakpoint
DROP INDEX `jobs_active`;--> statement-breakpoint
CREATE INDEX `jobs_by_final_status` ON `jobs` (`status`,`seq`) WHERE status IN ('completed', 'error', 'cancelled');--> statement-breakpoint
CREATE UNIQUE INDEX `jobs_active` ON `jobs` (`file_path`,`transformation`) WHERE completed_at IS NULL;