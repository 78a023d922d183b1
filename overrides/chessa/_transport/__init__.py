"""Everything that touches httpx and httpcore: connections, evidence, deadlines on the wire.

In: attempts that the engine asks for. Out: answers and failures in our own words, no exceptions.
"""
