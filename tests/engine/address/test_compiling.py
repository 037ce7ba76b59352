"""What is compiled without a count of who holds arrays hands none out."""

import ast
from pathlib import Path

import fangge.engine.address

LEAN = {"compiled_lean", "within_lean"}
NUMBERS = {"None", "int", "float", "bool", "np.uint64"}


def list_lean_functions() -> list[tuple[str, str]]:
    """List name and type of the result of each such function."""
    folder = Path(next(iter(fangge.engine.address.__path__)))
    return [
        (f"{path.stem}.{node.name}", ast.unparse(node.returns) if node.returns else "")
        for path in sorted(folder.glob("*.py"))
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef)
        and any(isinstance(d, ast.Name) and d.id in LEAN for d in node.decorator_list)
    ]


def test_lean_functions_give_numbers_and_nothing_else() -> None:
    functions = list_lean_functions()
    assert len(functions) > 100
    for name, result in functions:
        parts = result.removeprefix("tuple[").removesuffix("]").split(", ")
        assert set(parts) <= NUMBERS, name
