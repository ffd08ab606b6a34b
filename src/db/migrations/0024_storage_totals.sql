CREATE TABLE `storage_totals` (
	`id` integer PRIMARY KEY NOT NULL,
	`originals` integer DEFAULT 0 NOT NULL,
	`original_bytes` integer DEFAULT 0 NOT NULL,
	`variants` integer DEFAULT 0 NOT NULL,
	`variant_bytes` integer DEFAULT 0 NOT NULL
);
--> statement-breakpoint
DROP INDEX `files_unowned`;--> statement-breakpoint
CREATE INDEX `files_by_deletion` ON `files` (`recorded_at`) WHERE size_bytes = 0;