"""A server in a process of its own, with scripted children: ``python child_server.py DATA_DIR``."""

from __future__ import annotations

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from openft.server.serve import serve
from server.running import settings_for


def announce(url: str) -> None:
    print(json.dumps({"url": url}), flush=True)


if __name__ == "__main__":
    serve(settings_for(Path(sys.argv[1]), grace_seconds=2.0), watch_stdin=True, announce=announce)
