"""Python source: the document for openapi-python-client, templates, format, verification."""
