"""Measure chessa next to its peers: `python -m benchmarks`, from the root of a checkout."""
