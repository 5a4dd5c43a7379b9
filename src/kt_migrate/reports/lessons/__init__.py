"""What the next domain should know, from the runs of this one (draaiboek T.1-T.3)."""
