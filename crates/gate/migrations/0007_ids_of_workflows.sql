-- The ids of the repository for which a workflow ran, and of its owner. They are empty for people, and for identities
-- that were remembered before: those are compared by their names, until an admitted release adds its ids.
ALTER TABLE first_seen ADD COLUMN repository_id TEXT NOT NULL DEFAULT '';
ALTER TABLE first_seen ADD COLUMN owner_id TEXT NOT NULL DEFAULT '';
ALTER TABLE signed_before ADD COLUMN repository_id TEXT NOT NULL DEFAULT '';
ALTER TABLE signed_before ADD COLUMN owner_id TEXT NOT NULL DEFAULT '';
ALTER TABLE author_record ADD COLUMN repository_id TEXT NOT NULL DEFAULT '';
ALTER TABLE author_record ADD COLUMN owner_id TEXT NOT NULL DEFAULT '';
