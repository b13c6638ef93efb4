"""What the servers of clicks do while everything else runs, and over many requests."""
