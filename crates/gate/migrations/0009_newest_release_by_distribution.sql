-- The owners of a module share its distributions, so a release is compared with the newest one of each.
CREATE INDEX newest_release_by_distribution ON newest_release (distribution);
