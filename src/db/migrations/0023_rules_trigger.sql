-- A rule that depends on an API key is deleted with it.

CREATE TRIGGER rules_key_deleted AFTER DELETE ON api_keys BEGIN
  DELETE FROM rules WHERE api_key_id = OLD.id;
END;
