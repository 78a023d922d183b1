"""The reference pages and the examples in Markdown."""
