"""What the claims on speed and weight rest on: `python -m benchmarks`, from the root of a checkout.

Enters: names of cases. Leaves: figures, each a ratio of two things interleaved in one run.
"""
