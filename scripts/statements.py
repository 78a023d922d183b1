#!/usr/bin/env python3
"""Print the AST statements of each folder, docstrings excluded: `python scripts/statements.py`."""

import ast
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def statements(source: str) -> int:
    """Return the number of statements of a module that are not docstrings."""
    nodes = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.stmt)]
    return len(nodes) - sum(
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
        for node in nodes
    )


def main() -> None:
    """Print folders and their sums."""
    for name in ("overrides", "scripts", "tests", "benchmarks"):
        counts = Counter[str]()
        for path in sorted((ROOT / name).rglob("*.py")):
            parts = path.relative_to(ROOT).parts[:-1]
            if not any(part.startswith(".") for part in parts):
                counts["/".join(parts[:3])] += statements(path.read_text(encoding="utf-8"))
        for folder, count in counts.items():
            print(f"{count:7,}  {folder}")
        print(f"{counts.total():7,}  {name} in all\n")


if __name__ == "__main__":
    main()
