"""Compare two OpenAPI documents."""
