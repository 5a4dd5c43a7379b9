"""A sample of a plan: which dossiers, the plan as the sample has it, and what it says of all."""
