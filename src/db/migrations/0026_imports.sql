CREATE TABLE `imports` (
	`file_path` text PRIMARY KEY NOT NULL,
	`url_hash` text NOT NULL,
	`source` text,
	`api_key_id` text,
	`started_at` integer NOT NULL,
	`ended_at` integer,
	`due_at` integer NOT NULL,
	`fence` integer DEFAULT 0 NOT NULL,
	`failures` integer DEFAULT 0 NOT NULL,
	`restarts` integer DEFAULT 0 NOT NULL,
	`upload_id` text,
	`etag` text,
	`validator` text,
	`size_bytes` integer,
	`offset_bytes` integer DEFAULT 0 NOT NULL,
	`stored_etag` text
);
--> statement-breakpoint
CREATE INDEX `imports_due` ON `imports` (`due_at`);