"""Overlays (OpenAPI Overlay Specification 1.0.0): parsed, applied."""
