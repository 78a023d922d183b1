"""Reports of a comparison and of an update."""
