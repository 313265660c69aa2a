"""CPU and memory of checking and preparing 100 MB, beside polars (reading and writing it) and the old tool."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import prose
from children import ROOT, Run, run

SIZE = 100_000_000
TIMES = 5
PEERS = ROOT / ".venv-data" / "bin"
"""An interpreter with the old tool and polars."""

POLARS = "import polars, sys; polars.scan_ndjson(sys.argv[1]).sink_ndjson(sys.argv[2])"
CHECK = "import sys; from openft.data import check; check(sys.argv[1])"
PREPARE = "import sys; from openft.data import prepare; prepare(sys.argv[1], sys.argv[2], split=False)"
ROWS = {"120 B": prose.labelled, "2 kB": prose.answered}
MOST = {"120 B": 6.0, "2 kB": 2.2}
"""How many times polars' CPU a check may take."""
LEAST = {"120 B": 10.0, "2 kB": 20.0}
"""How many times the old tool's throughput preparing must have."""


def least(commands: Mapping[str, Sequence[str]], times: int = TIMES, made: Path | None = None) -> dict[str, Run]:
    """Return each command's run with the least CPU time, the commands run in turn; ``made`` is not there before."""
    seen: dict[str, Run] = {}
    for _ in range(times):
        for name, command in commands.items():
            if made is not None:
                made.unlink(missing_ok=True)
            done = run(command, {"OMP_NUM_THREADS": "1"})
            if name not in seen or done.cpu < seen[name].cpu:
                seen[name] = done
    return seen


def python(interpreter: Path | str, code: str, *arguments: Path) -> list[str]:
    """Return a command."""
    return [str(interpreter), "-c", code, *map(str, arguments)]


def memory(name: str, done: Run, rows: int) -> None:
    """Print the peak beside its bound."""
    bound = 64 + 32 * rows / 1e6
    print(f"{name}: peak memory {done.memory:.0f} MB (goal <= {bound:.0f} MB: 64 MB and 32 bytes a row)")


def check(folder: Path) -> None:
    """Compare checking with polars' reading and writing."""
    for size, rows in ROWS.items():
        path = folder / "rows.jsonl"
        count = prose.write(path, rows, SIZE)
        done = least(
            {
                "openft": python(sys.executable, CHECK, path),
                "polars": python(PEERS / "python", POLARS, path, folder / "polars.jsonl"),
            }
        )
        ratio = done["openft"].cpu / done["polars"].cpu
        print(
            f"check, rows of {size}: openft {done['openft'].cpu:.2f} s, polars {done['polars'].cpu:.2f} s of CPU, "
            f"ratio {ratio:.2f} (goal <= {MOST[size]})"
        )
        memory(f"check, rows of {size}", done["openft"], count)


def prepare(folder: Path) -> None:
    """Compare preparing with the old tool."""
    for size, rows in ROWS.items():
        path = folder / "rows.jsonl"
        count = prose.write(path, rows, SIZE)
        old = [str(PEERS / "openai"), "tools", "fine_tunes.prepare_data", "-q", "-f", str(path)]
        made = folder / "ours.jsonl"  # the old tool's output is not there either
        ours = least({"openft": python(sys.executable, PREPARE, path, made)}, made=made)["openft"]
        theirs = least({"old": old}, 1)["old"]  # takes seconds, so that once is enough
        print(
            f"prepare, rows of {size}: openft {ours.cpu:.2f} s, openai 0.28.1 {theirs.cpu:.2f} s of CPU, "
            f"{theirs.cpu / ours.cpu:.1f} x its throughput (goal >= {LEAST[size]:.0f})"
        )
        memory(f"prepare, rows of {size}", ours, count)
        print(f"openai 0.28.1: peak memory {theirs.memory:.0f} MB")
        for written in folder.glob("rows_prepared*"):
            written.unlink()


def twice(folder: Path) -> None:
    """Print the memory for rows that are all there twice, and for rows that are all equal."""
    path = folder / "rows.jsonl"
    for size, rows in ROWS.items():
        count = prose.write(path, rows, SIZE // 2)
        prose.write_twice(path, rows, count)
        done = least({"openft": python(sys.executable, PREPARE, path, folder / "ours.jsonl")}, 1)["openft"]
        memory(f"prepare, rows of {size}, each there twice ({done.cpu:.2f} s)", done, 2 * count)
    line = b'{"prompt": "always the same question", "completion": "and the same answer"}\n'
    path.write_bytes(line * (SIZE // len(line)))
    done = least({"openft": python(sys.executable, PREPARE, path, folder / "ours.jsonl")}, 1)["openft"]
    memory(f"prepare, all rows equal ({done.cpu:.2f} s)", done, SIZE // len(line))


def main() -> None:
    """Print the ratios."""
    run(python(sys.executable, "import compileall, sys; compileall.compile_dir(sys.argv[1], quiet=1)", ROOT / "openft"))
    measures = {"check": check, "prepare": prepare, "twice": twice}
    with tempfile.TemporaryDirectory() as folder:
        for name in sys.argv[1:] or measures:
            measures[name](Path(folder))


if __name__ == "__main__":
    main()
