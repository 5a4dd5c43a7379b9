"""Step 4: the last state of an object becomes R4 resources, or a reason. Pure."""

from kt_migrate.mapping.mapper import map_object, never_migrated

__all__ = ["map_object", "never_migrated"]
