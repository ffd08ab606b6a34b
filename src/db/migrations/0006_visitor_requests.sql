ALTER TABLE `jobs` ADD `last_requested_at` integer;--> statement-breakpoint
CREATE INDEX `jobs_pending_by_visitors` ON `jobs` (`last_requested_at`) WHERE status = 'pending' AND last_requested_at IS NOT NULL;--> statement-breakpoint
ALTER TABLE `variants` ADD `last_requested_at` integer;--> statement-breakpoint
CREATE INDEX `variants_by_last_request` ON `variants` (`last_requested_at`) WHERE last_requested_at IS NOT NULL;