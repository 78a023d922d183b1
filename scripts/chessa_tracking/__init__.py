"""Following the vendor: what a change of the spec means for Python callers."""
