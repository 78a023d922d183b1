"""Functions that measure a case into a `Run`. `benchmarks.catalogue` is the table of them."""
