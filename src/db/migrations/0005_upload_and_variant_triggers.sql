-- The parts of an upload are deleted with it. The queues of a variant are recorded from its jobs, and
-- deleted with the variant.

CREATE TRIGGER uploads_parts_deleted AFTER DELETE ON uploads BEGIN
  DELETE FROM upload_parts WHERE upload_id = OLD.id;
END;
--> statement-breakpoint
CREATE TRIGGER variants_created AFTER INSERT ON variants BEGIN
  INSERT INTO variant_queues (file_path, transformation, queue)
  SELECT NEW.file_path, NEW.transformation, queue FROM jobs WHERE id = NEW.job_id
  ON CONFLICT DO NOTHING;
END;
--> statement-breakpoint
CREATE TRIGGER variants_made_again AFTER UPDATE OF job_id ON variants BEGIN
  INSERT INTO variant_queues (file_path, transformation, queue)
  SELECT NEW.file_path, NEW.transformation, queue FROM jobs WHERE id = NEW.job_id
  ON CONFLICT DO NOTHING;
END;
--> statement-breakpoint
CREATE TRIGGER variants_queues_deleted AFTER DELETE ON variants BEGIN
  DELETE FROM variant_queues
  WHERE file_path = OLD.file_path AND transformation = OLD.transformation;
END;
--> statement-breakpoint
INSERT INTO variant_queues (file_path, transformation, queue)
SELECT DISTINCT file_path, transformation, jobs.queue
FROM variants JOIN jobs USING (file_path, transformation)
WHERE true
ON CONFLICT DO NOTHING;
