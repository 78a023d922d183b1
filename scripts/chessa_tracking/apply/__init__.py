"""Apply an update: assess it, stage it, install it, release it."""
