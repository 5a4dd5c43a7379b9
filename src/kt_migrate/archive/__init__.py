"""Step 1: folders, files and zips become files with a digest; nothing is trusted."""
