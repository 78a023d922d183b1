"""Following the vendor: the changes of its documentation, their meaning, and the next version.

Each module is one step; `update_spec.py` and `diff_spec.py` call them in order.
"""
