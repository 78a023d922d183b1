"""Compare the Python surface of two generated packages."""
