"""Safety checks and validation of a document, before code is made of it."""
