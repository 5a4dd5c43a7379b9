"""Step 8: the server is read back and compared with the plan, by a road of its own."""
