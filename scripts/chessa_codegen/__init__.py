"""The rooms between the vendor's OpenAPI document and the generated package.

Each module is one step of the pipeline; the scripts beside this folder call them in order.
"""
