-- The totals of what is stored. A row of `files` with the size 0 is that of a deleted file.

INSERT INTO storage_totals (id, originals, original_bytes, variants, variant_bytes)
SELECT 1, (SELECT count(*) FROM files WHERE size_bytes > 0), (SELECT coalesce(sum(size_bytes), 0) FROM files),
  (SELECT count(*) FROM variants), (SELECT coalesce(sum(size_bytes), 0) FROM variants);
--> statement-breakpoint
CREATE TRIGGER files_totals_inserted AFTER INSERT ON files BEGIN
  UPDATE storage_totals SET originals = originals + (NEW.size_bytes > 0),
    original_bytes = original_bytes + NEW.size_bytes;
END;
--> statement-breakpoint
CREATE TRIGGER files_totals_resized AFTER UPDATE OF size_bytes ON files
WHEN OLD.size_bytes <> NEW.size_bytes BEGIN
  UPDATE storage_totals SET originals = originals + (NEW.size_bytes > 0) - (OLD.size_bytes > 0),
    original_bytes = original_bytes + NEW.size_bytes - OLD.size_bytes;
END;
--> statement-breakpoint
CREATE TRIGGER files_totals_deleted AFTER DELETE ON files WHEN OLD.size_bytes > 0 BEGIN
  UPDATE storage_totals SET originals = originals - 1,
    original_bytes = original_bytes - OLD.size_bytes;
END;
--> statement-breakpoint
CREATE TRIGGER variants_totals_inserted AFTER INSERT ON variants BEGIN
  UPDATE storage_totals SET variants = variants + 1,
    variant_bytes = variant_bytes + NEW.size_bytes;
END;
--> statement-breakpoint
CREATE TRIGGER variants_totals_resized AFTER UPDATE OF size_bytes ON variants
WHEN OLD.size_bytes <> NEW.size_bytes BEGIN
  UPDATE storage_totals SET variant_bytes = variant_bytes + NEW.size_bytes - OLD.size_bytes;
END;
--> statement-breakpoint
CREATE TRIGGER variants_totals_deleted AFTER DELETE ON variants BEGIN
  UPDATE storage_totals SET variants = variants - 1,
    variant_bytes = variant_bytes - OLD.size_bytes;
END;
