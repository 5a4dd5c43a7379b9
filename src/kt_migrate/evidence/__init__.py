"""The evidence pack: one signed zip of a run that a third party checks offline (draaiboek Q, T)."""
