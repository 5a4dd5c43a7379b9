"""Step 6: archive, algorithm and enrichment become one plan: writes, order, books, totals."""
