"""Following the vendor: what changed in its documentation, what that means, and the next version.

Each module is one step; `update_spec.py` and `diff_spec.py` beside this folder call them in order.
"""
