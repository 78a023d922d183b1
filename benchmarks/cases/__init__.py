"""A module for each case. Enters: a `Setting`. Leaves: what `measure` found, as `Findings`."""
