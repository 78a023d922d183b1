"""The life of a call: its state machine, what decides, and the two drivers that run it."""
