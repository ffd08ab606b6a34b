CREATE TABLE `job_tags` (
	`tag` text NOT NULL,
	`seq` integer NOT NULL,
	PRIMARY KEY(`tag`, `seq`)
);
--> statement-breakpoint
ALTER TABLE `jobs` ADD `tags` text DEFAULT '[]' NOT NULL;--> statement-breakpoint
ALTER TABLE `jobs` ADD `metadata` text DEFAULT '{}' NOT NULL;