ALTER TABLE `jobs` ADD `chunk_seconds` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `jobs` ADD `max_chunks_at_once` integer DEFAULT 1 NOT NULL;--> statement-breakpoint
ALTER TABLE `jobs` ADD `chunk_count` integer;--> statement-breakpoint
ALTER TABLE `jobs` ADD `unsplit_reason` text;--> statement-breakpoint
ALTER TABLE `jobs` ADD `parent_id` text;--> statement-breakpoint
ALTER TABLE `jobs` ADD `chunk` text;--> statement-breakpoint
CREATE INDEX `jobs_by_parent` ON `jobs` (`parent_id`,`seq`) WHERE parent_id IS NOT NULL;--> statement-breakpoint
ALTER TABLE `queues` ADD `chunk_seconds` integer DEFAULT 30 NOT NULL;--> statement-breakpoint
ALTER TABLE `queues` ADD `max_chunks_at_once` integer DEFAULT 16 NOT NULL;--> statement-breakpoint
ALTER TABLE `queues` ADD `split` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `queues` ADD `pending_chunks` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `queues` ADD `running_chunks` integer DEFAULT 0 NOT NULL;