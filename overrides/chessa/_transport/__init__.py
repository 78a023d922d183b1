"""Attempts over httpx: connections, evidence of what was sent, deadlines; failures as values."""
