"""The vendor's pages, fetched and merged into one document."""
