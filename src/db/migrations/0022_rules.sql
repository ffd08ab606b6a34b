CREATE TABLE `bucket_event_counts` (
	`outcome` text PRIMARY KEY NOT NULL,
	`count` integer DEFAULT 0 NOT NULL,
	`last_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `rules` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`enabled` integer NOT NULL,
	`prefix` text NOT NULL,
	`suffixes` text NOT NULL,
	`min_bytes` integer,
	`max_bytes` integer,
	`queue` text NOT NULL,
	`transformations` text NOT NULL,
	`priority` integer,
	`tags` text NOT NULL,
	`api_key_id` text,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	`jobs_created` integer DEFAULT 0 NOT NULL,
	`last_job_at` integer,
	`last_error` text,
	`last_error_at` integer
);
