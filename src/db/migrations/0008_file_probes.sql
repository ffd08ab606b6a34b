CREATE TABLE `file_probes` (
	`seq` integer PRIMARY KEY NOT NULL,
	`file_path` text NOT NULL,
	`version` text NOT NULL,
	`etag` text NOT NULL,
	`results` text NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `file_probes_by_file` ON `file_probes` (`file_path`,`version`);