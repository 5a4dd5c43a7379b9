"""The domain's own runbook: the draaiboek's steps, with the detailed actions in their place."""

from kt_migrate.reports.draaiboek.files import FORMATS, write_draaiboek

__all__ = ["FORMATS", "write_draaiboek"]
