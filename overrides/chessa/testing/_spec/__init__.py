"""The effective spec as the sandbox reads it: validation and examples."""
