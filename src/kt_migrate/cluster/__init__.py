"""Works through several domains at once: each by our own commands, in its own working folder.

Which domain is whose turn, and that a killed worker's is somebody else's, is the engine's
(`engine.py`, DBOS); how far a domain is, is its own journal's.
"""
