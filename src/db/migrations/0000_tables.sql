CREATE TABLE `api_keys` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`hash` text NOT NULL,
	`scopes` text NOT NULL,
	`queue` text,
	`path_prefix` text,
	`max_streams` integer,
	`max_queued_jobs` integer,
	`max_stored_bytes` integer,
	`stored_bytes` integer DEFAULT 0 NOT NULL,
	`expires_at` integer,
	`disabled` integer DEFAULT false NOT NULL,
	`created_at` integer NOT NULL,
	`last_used_at` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `api_keys_hash_unique` ON `api_keys` (`hash`);--> statement-breakpoint
CREATE TABLE `attempts` (
	`job_id` text NOT NULL,
	`fence` integer NOT NULL,
	`attempt` integer NOT NULL,
	`runner` text,
	`started_at` integer NOT NULL,
	`ended_at` integer,
	`outcome` text,
	`error_code` text,
	`error` text,
	`command` text,
	`stderr_tail` text,
	PRIMARY KEY(`job_id`, `fence`)
);
--> statement-breakpoint
CREATE TABLE `events` (
	`seq` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`queue` text NOT NULL,
	`job_id` text NOT NULL,
	`file_path` text NOT NULL,
	`type` text NOT NULL,
	`data` text NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `events_by_queue` ON `events` (`queue`,`seq`);--> statement-breakpoint
CREATE TABLE `files` (
	`file_path` text PRIMARY KEY NOT NULL,
	`key_id` text,
	`size_bytes` integer NOT NULL,
	`revision` text NOT NULL,
	`settled_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `files_unowned` ON `files` (`settled_at`) WHERE key_id IS NULL;--> statement-breakpoint
CREATE TABLE `idempotency_keys` (
	`key` text PRIMARY KEY NOT NULL,
	`request_hash` text NOT NULL,
	`job_ids` text NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `idempotency_keys_by_age` ON `idempotency_keys` (`created_at`);--> statement-breakpoint
CREATE TABLE `incoming` (
	`id` text NOT NULL,
	`part` integer NOT NULL,
	`key_id` text NOT NULL,
	`file_path` text NOT NULL,
	`size_bytes` integer NOT NULL,
	`created_at` integer NOT NULL,
	PRIMARY KEY(`id`, `part`)
);
--> statement-breakpoint
CREATE INDEX `incoming_whole` ON `incoming` (`created_at`) WHERE part = 0;--> statement-breakpoint
CREATE TABLE `jobs` (
	`seq` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`id` text NOT NULL,
	`queue` text NOT NULL,
	`file_path` text NOT NULL,
	`variant` text NOT NULL,
	`status` text DEFAULT 'pending' NOT NULL,
	`priority` integer NOT NULL,
	`progress` real DEFAULT 0 NOT NULL,
	`stage` text,
	`eta_seconds` real,
	`fps` real,
	`speed` real,
	`playable_at` integer,
	`package_key` text,
	`needs` text DEFAULT '[]' NOT NULL,
	`size_class` integer DEFAULT 0 NOT NULL,
	`fence` integer DEFAULT 0 NOT NULL,
	`attempt` integer DEFAULT 0 NOT NULL,
	`max_attempts` integer NOT NULL,
	`lease_seconds` integer NOT NULL,
	`stall_seconds` integer NOT NULL,
	`timeout_seconds` integer NOT NULL,
	`run_after` integer,
	`lease_expires_at` integer,
	`runner` text,
	`runner_hash` text,
	`key_id` text,
	`source_etag` text NOT NULL,
	`source_bytes` integer NOT NULL,
	`made_with` text DEFAULT '[]' NOT NULL,
	`created_at` integer NOT NULL,
	`started_at` integer,
	`completed_at` integer,
	`error` text,
	`error_code` text,
	`input` text,
	`output` text,
	`plan` text,
	`timings` text,
	FOREIGN KEY (`queue`) REFERENCES `queues`(`name`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `jobs_id_unique` ON `jobs` (`id`);--> statement-breakpoint
CREATE UNIQUE INDEX `jobs_active` ON `jobs` (`file_path`,`variant`) WHERE status IN ('pending', 'running');--> statement-breakpoint
CREATE INDEX `jobs_ready` ON `jobs` (`queue`,`needs`,`size_class`,`priority`,`seq`) WHERE status = 'pending' AND run_after IS NULL;--> statement-breakpoint
CREATE INDEX `jobs_delayed` ON `jobs` (`queue`,`run_after`) WHERE run_after IS NOT NULL;--> statement-breakpoint
CREATE INDEX `jobs_by_status` ON `jobs` (`status`,`seq`);--> statement-breakpoint
CREATE INDEX `jobs_by_queue` ON `jobs` (`queue`,`seq`);--> statement-breakpoint
CREATE INDEX `jobs_by_queue_status` ON `jobs` (`queue`,`status`,`seq`);--> statement-breakpoint
CREATE INDEX `jobs_by_file` ON `jobs` (`file_path`,`seq`);--> statement-breakpoint
CREATE INDEX `jobs_by_variant` ON `jobs` (`file_path`,`variant`,`seq`);--> statement-breakpoint
CREATE INDEX `jobs_pending_by_key` ON `jobs` (`key_id`) WHERE status = 'pending' AND key_id IS NOT NULL;--> statement-breakpoint
CREATE TABLE `outputs` (
	`key` text PRIMARY KEY NOT NULL,
	`job_id` text NOT NULL,
	`fence` integer NOT NULL,
	`upload_id` text,
	`created_at` integer NOT NULL,
	`retired` integer DEFAULT false NOT NULL
);
--> statement-breakpoint
CREATE INDEX `outputs_by_job` ON `outputs` (`job_id`,`fence`);--> statement-breakpoint
CREATE INDEX `outputs_retired` ON `outputs` (`created_at`) WHERE retired = 1;--> statement-breakpoint
CREATE TABLE `presets` (
	`queue` text NOT NULL,
	`name` text NOT NULL,
	`transformation` text NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	PRIMARY KEY(`queue`, `name`),
	FOREIGN KEY (`queue`) REFERENCES `queues`(`name`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE TABLE `queue_hours` (
	`queue` text NOT NULL,
	`hour` integer NOT NULL,
	`completed` integer DEFAULT 0 NOT NULL,
	`failed` integer DEFAULT 0 NOT NULL,
	`media_ms` integer DEFAULT 0 NOT NULL,
	`processing_ms` integer DEFAULT 0 NOT NULL,
	PRIMARY KEY(`queue`, `hour`)
);
--> statement-breakpoint
CREATE TABLE `queues` (
	`name` text PRIMARY KEY NOT NULL,
	`concurrency` integer DEFAULT 4 NOT NULL,
	`paused` integer DEFAULT false NOT NULL,
	`draining` integer DEFAULT false NOT NULL,
	`lease_seconds` integer DEFAULT 30 NOT NULL,
	`max_attempts` integer DEFAULT 3 NOT NULL,
	`stall_seconds` integer DEFAULT 60 NOT NULL,
	`timeout_seconds` integer DEFAULT 14400 NOT NULL,
	`pending` integer DEFAULT 0 NOT NULL,
	`running` integer DEFAULT 0 NOT NULL,
	`completed` integer DEFAULT 0 NOT NULL,
	`error` integer DEFAULT 0 NOT NULL,
	`cancelled` integer DEFAULT 0 NOT NULL
);
--> statement-breakpoint
CREATE TABLE `uploads` (
	`id` text PRIMARY KEY NOT NULL,
	`file_path` text NOT NULL,
	`upload_id` text NOT NULL,
	`key_id` text,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `uploads_by_age` ON `uploads` (`created_at`);--> statement-breakpoint
CREATE TABLE `variant_references` (
	`path` text NOT NULL,
	`file_path` text NOT NULL,
	`variant` text NOT NULL,
	`etag` text NOT NULL,
	PRIMARY KEY(`path`, `file_path`, `variant`)
);
--> statement-breakpoint
CREATE TABLE `variants` (
	`file_path` text NOT NULL,
	`variant` text NOT NULL,
	`output_key` text NOT NULL,
	`job_id` text NOT NULL,
	`size_bytes` integer NOT NULL,
	`source_etag` text NOT NULL,
	`made_with` text DEFAULT '[]' NOT NULL,
	`created_at` integer NOT NULL,
	PRIMARY KEY(`file_path`, `variant`)
);
