"""What people read: the error list, the summary."""
