"""The pipeline from the vendor's OpenAPI document to the generated package.

Each module is one step of the pipeline; the scripts next to this folder call them in order.
"""
