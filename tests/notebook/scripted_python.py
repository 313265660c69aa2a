"""Stands in for the Python of OPENFT_SERVER_PYTHON: starts the server it is asked for, with scripted children."""

from __future__ import annotations

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from openft.server.serve import serve
from server.child_server import announce
from server.running import settings_for

if __name__ == "__main__":
    assert sys.argv[1:5] == ["-m", "openft.server", "--port", "0"]
    settings = settings_for(Path(sys.argv[-1]), api_keys=(os.environ["OPENFT_SERVER_API_KEYS"],))
    serve(settings, watch_stdin=True, announce=announce)
