"""Step 5: an R4 resource against KT 2.0's limits. Pure; the limits are data in this package."""

from kt_migrate.conformance.check import PROFILE_PACKAGE, PROFILE_VERSION, check
from kt_migrate.conformance.datatypes import fits
from kt_migrate.conformance.shape import check_shape

__all__ = ["PROFILE_PACKAGE", "PROFILE_VERSION", "check", "check_shape", "fits"]
