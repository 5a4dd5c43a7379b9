"""Step 7: a plan goes to a server, exactly once: journal, reconciliation, loop."""
