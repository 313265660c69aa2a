"""What the server's process never loads."""

from __future__ import annotations

import subprocess
import sys

import openft.server

PROBE = """
import importlib, pathlib, sys
import openft.server
root = pathlib.Path(openft.server.__file__).parent
for path in root.rglob("*.py"):
    parts = path.relative_to(root).with_suffix("").parts
    if parts[0] not in ("engine", "__main__"):
        importlib.import_module(".".join(("openft.server", *parts)).removesuffix(".__init__"))
print(*sorted(sys.modules))
"""


def test_the_server_loads_neither_torch_nor_the_client() -> None:
    loaded = subprocess.run([sys.executable, "-c", PROBE], capture_output=True, text=True, check=True).stdout.split()
    assert "openft.server.runner" in loaded
    forbidden = ("torch", "transformers", "tokenizers", "sklearn", "httpx")
    rooms = ("_async", "_sync", "_core", "_runtime", "cli", "quickstart", "server.engine")
    unwanted = (*forbidden, *(f"openft.{room}" for room in rooms))
    assert [name for name in loaded if name.startswith(unwanted)] == []


def test_the_package_alone_loads_nothing_heavy() -> None:
    code = "import sys, openft.server; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"starlette", "sqlalchemy", "uvicorn", "pydantic"} & set(loaded)
    assert openft.server.__all__
