-- The state of a tus upload is deleted with its upload.

CREATE TRIGGER uploads_tus_deleted AFTER DELETE ON uploads BEGIN
  DELETE FROM tus_uploads WHERE id = OLD.id;
END;
