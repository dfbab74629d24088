"""Where bytes are: folders, files and what is inflated in memory."""
