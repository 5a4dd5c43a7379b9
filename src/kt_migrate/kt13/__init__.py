"""Step 2: bytes become documents, messages, versions of objects, last states. Pure."""
