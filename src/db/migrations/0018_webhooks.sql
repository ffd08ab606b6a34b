CREATE TABLE `job_webhooks` (
	`job_id` text NOT NULL,
	`endpoint_id` text NOT NULL,
	`url` text NOT NULL,
	`job_deleted_at` integer,
	PRIMARY KEY(`job_id`, `endpoint_id`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `job_webhooks_deleted` ON `job_webhooks` (`job_deleted_at`) WHERE job_deleted_at IS NOT NULL;--> statement-breakpoint
CREATE TABLE `webhook_deliveries` (
	`endpoint_id` text NOT NULL,
	`seq` integer NOT NULL,
	`type` text NOT NULL,
	`job_id` text NOT NULL,
	`url` text,
	`body` text,
	`queue` text NOT NULL,
	`file_path` text NOT NULL,
	`event_at` integer NOT NULL,
	`event_error` text,
	`queued_at` integer NOT NULL,
	`status` text DEFAULT 'pending' NOT NULL,
	`attempts` integer DEFAULT 0 NOT NULL,
	`last_attempt_at` integer,
	`next_attempt_at` integer,
	`response_status` integer,
	`duration_ms` integer,
	`response` text,
	`error` text,
	PRIMARY KEY(`endpoint_id`, `seq`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `webhook_deliveries_pending` ON `webhook_deliveries` (`endpoint_id`,`next_attempt_at`) WHERE next_attempt_at IS NOT NULL;--> statement-breakpoint
CREATE INDEX `webhook_deliveries_failed` ON `webhook_deliveries` (`endpoint_id`,`seq`) WHERE status = 'failed';--> statement-breakpoint
CREATE TABLE `webhook_endpoints` (
	`id` text PRIMARY KEY NOT NULL,
	`url` text NOT NULL,
	`for_jobs` integer DEFAULT false NOT NULL,
	`queue` text,
	`path_prefix` text,
	`types` text NOT NULL,
	`description` text DEFAULT '' NOT NULL,
	`api_key_id` text,
	`secret` text DEFAULT '' NOT NULL,
	`previous_secret` text,
	`previous_secret_expires_at` integer,
	`cursor` integer,
	`created_at` integer NOT NULL,
	`disabled_at` integer,
	`disabled_reason` text,
	`deleted_at` integer,
	`failures` integer DEFAULT 0 NOT NULL,
	`failing_since` integer,
	`retry_at` integer,
	`held_until` integer,
	`wake_at` integer,
	`locked_until` integer DEFAULT 0 NOT NULL,
	`delivered` integer DEFAULT 0 NOT NULL,
	`failed_attempts` integer DEFAULT 0 NOT NULL,
	`lost_from` integer,
	`lost_to` integer
);
--> statement-breakpoint
CREATE INDEX `webhook_endpoints_with_cursor` ON `webhook_endpoints` (`id`) WHERE for_jobs = 0;