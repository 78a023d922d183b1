"""Documents: read under bounds, with local references, as plain data."""
