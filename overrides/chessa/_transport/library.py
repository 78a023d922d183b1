"""The HTTP library: imported here and nowhere else, so that its successor is this module's work."""

import httpcore as httpcore
import httpx as httpx

FAMILY = ("httpx", "httpcore", "httpx2", "httpcore2")
"""The library, what it stands on, and their successors: callers may bring objects of either."""
