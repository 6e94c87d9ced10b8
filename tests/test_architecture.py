"""The arrows between the rooms: who may import whom. A wrong import fails here, with the way that is allowed."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

LAYERS = (
    ("commands",),
    ("daemon",),
    ("settings",),
    ("web",),
    ("journey",),
    ("mapping", "channels", "store"),
    ("surveys",),
    ("triggers", "connectors"),
    ("wire",),
)
"""Left may import right. Names that share a place are siblings and never meet, but for EXCEPTIONS."""
EXCEPTIONS = {
    "commands/sandbox.py": {"sandbox"},
    "commands/demo.py": {"sandbox"},
}
ROOMS = (*(room for layer in LAYERS for room in layer), "sandbox")


def files() -> list[Path]:
    found = [ROOT / "daemon.py"]
    for room in ROOMS:
        found += sorted((ROOT / room).rglob("*.py"))
    return [path for path in found if "versions" not in path.parts and path.exists()]


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Line and room of every import of ours in a file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names = [node.module or ""]
        for name in names:
            room = name.split(".")[0]
            if room in ROOMS:
                yield getattr(node, "lineno", 0), room


def room_of(path: Path) -> str:
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def allowed(room: str) -> set[str]:
    """What a room may import: itself and everything to its right."""
    if room == "sandbox":
        return {"sandbox"}
    place = next(i for i, layer in enumerate(LAYERS) if room in layer)
    return {room}.union(*LAYERS[place + 1 :])


@pytest.mark.parametrize("path", files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_one_way(path: Path) -> None:
    room, relative = room_of(path), str(path.relative_to(ROOT))
    may = allowed(room) | EXCEPTIONS.get(relative, set())
    wrong = [f"line {line} imports {other}" for line, other in imports(path) if other not in may]
    way = ", ".join(sorted(may - {room})) or "nothing of ours"
    assert not wrong, f"{relative}: {'; '.join(wrong)}. {room}/ may import: {way} (the arrows are in docs/architecture.md)"


def test_no_imports_inside_functions() -> None:
    wrong = []
    for path in files():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                inside = [one for one in ast.walk(node) if isinstance(one, ast.Import | ast.ImportFrom)]
                wrong += [f"{path.relative_to(ROOT)}:{one.lineno}" for one in inside]
    assert not wrong, f"imports belong to the top of the file: {', '.join(wrong)}"


@pytest.mark.parametrize("room", [room for room in ROOMS if room != "daemon"])
def test_each_room_has_a_card(room: str) -> None:
    card = ast.get_docstring(ast.parse((ROOT / room / "__init__.py").read_text(encoding="utf-8"))) or ""
    missing = [word for word in ("In:", "Out:", "import", "To add one:") if word not in card]
    assert not missing, f"{room}/__init__.py: the room's card lacks {', '.join(missing)}"


def test_the_composition_root_stays_small() -> None:
    lines = len((ROOT / "daemon.py").read_text(encoding="utf-8").splitlines())
    assert lines <= 150, f"daemon.py has {lines} lines: logic belongs to a room"
