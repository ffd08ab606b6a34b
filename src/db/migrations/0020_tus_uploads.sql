CREATE TABLE `tus_uploads` (
	`id` text PRIMARY KEY NOT NULL,
	`length_bytes` integer,
	`part_size_bytes` integer NOT NULL,
	`offset_bytes` integer DEFAULT 0 NOT NULL,
	`tail_key` text,
	`metadata` text NOT NULL,
	`signed_path` text,
	`max_bytes` integer,
	`lock_token` text,
	`locked_until` integer DEFAULT 0 NOT NULL
);
--> statement-breakpoint
CREATE INDEX `tus_uploads_signed` ON `tus_uploads` (`signed_path`) WHERE signed_path IS NOT NULL;