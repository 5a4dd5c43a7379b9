"""Step 5: an R4 resource against KT 2.0's profiles. Pure; the profiles are data in this package."""

from kt_migrate.conformance.check import check, known_types
from kt_migrate.conformance.datatypes import fits
from kt_migrate.conformance.moments import in_order
from kt_migrate.conformance.packages import (
    PROFILE_PACKAGE,
    known_versions,
    newest_version,
    require_known,
)
from kt_migrate.conformance.shape import check_shape

__all__ = [
    "PROFILE_PACKAGE",
    "check",
    "check_shape",
    "fits",
    "in_order",
    "known_types",
    "known_versions",
    "newest_version",
    "require_known",
]
