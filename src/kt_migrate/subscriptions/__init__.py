"""Beside step 7: which subscriptions are in force, what they fire, and our own ones paused."""
