"""The error list as people work on it: grouped, compared, given away to be filled in, read back."""
