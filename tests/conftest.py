"""Profiles of hypothesis: `--hypothesis-profile` chooses another than the ordinary one."""

from hypothesis import settings

for name, examples in {"ordinary": 20, "ci": 200, "nightly": 1_000}.items():
    settings.register_profile(name, max_examples=examples, deadline=None)
settings.load_profile("ordinary")
