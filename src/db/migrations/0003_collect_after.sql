DROP INDEX `outputs_retired`;--> statement-breakpoint
ALTER TABLE `outputs` ADD `collect_after` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
CREATE INDEX `outputs_retired` ON `outputs` (`collect_after`,`created_at`) WHERE retired = 1;