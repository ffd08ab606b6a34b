CREATE TABLE `upload_parts` (
	`upload_id` text NOT NULL,
	`part` integer NOT NULL,
	`etag` text NOT NULL,
	`size_bytes` integer NOT NULL,
	PRIMARY KEY(`upload_id`, `part`)
);
--> statement-breakpoint
CREATE TABLE `variant_queues` (
	`file_path` text NOT NULL,
	`transformation` text NOT NULL,
	`queue` text NOT NULL,
	PRIMARY KEY(`file_path`, `transformation`, `queue`)
);
--> statement-breakpoint
ALTER TABLE `uploads` ADD `completed_at` integer;--> statement-breakpoint
ALTER TABLE `uploads` ADD `parts_hash` text;--> statement-breakpoint
ALTER TABLE `uploads` ADD `etag` text;--> statement-breakpoint
ALTER TABLE `uploads` ADD `size_bytes` integer;