"""How many examples hypothesis draws: `--hypothesis-profile` chooses another of the three."""

from hypothesis import settings

for name, examples in {"ordinary": 20, "ci": 200, "nightly": 2_000}.items():
    settings.register_profile(name, max_examples=examples, deadline=None)
settings.load_profile("ordinary")
