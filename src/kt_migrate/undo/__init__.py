"""Step 10: undoes what a run wrote, by its journal, each object once; refuses what others use."""
