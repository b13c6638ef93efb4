"""Pages and lists, opened with few rows and with many."""
