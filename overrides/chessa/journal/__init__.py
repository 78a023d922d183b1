"""Journals: a record of each write before its first byte, and of its outcome."""
