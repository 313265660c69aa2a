"""Timing whole processes against each other: in turn, by CPU time, the median of many."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
BASE = ROOT / ".venv-base" / "bin" / "python"
"""An interpreter with the base install and today's official client."""


@dataclass(frozen=True)
class Run:
    """One finished process."""

    cpu: float
    """Seconds, user and system."""
    output: str
    memory: float = 0
    """Megabytes at the most."""


def run(command: Sequence[str], env: Mapping[str, str] | None = None) -> Run:
    """Run a command to its end and return what it cost."""
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, **(env or {})})
    output = child.stdout.read() if child.stdout else ""
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.stdout:
        child.stdout.close()
    if child.returncode:
        sys.exit(f"{' '.join(command)[:200]} exited with {child.returncode}: {output[-500:]}")
    return Run(usage.ru_utime + usage.ru_stime, output, usage.ru_maxrss * 1024 / 1e6)


def compile_openft() -> None:
    """Leave openft's bytecode beside it, as an installer does for every package: its peers have theirs."""
    run([str(BASE), "-m", "compileall", "-q", str(ROOT / "openft")])


def medians(commands: Mapping[str, Sequence[str]], times: int) -> dict[str, float]:
    """Return each command's median CPU seconds, the commands run in turn after one warm-up."""
    seen: dict[str, list[float]] = {name: [] for name in commands}
    for turn in range(times + 1):
        for name, command in commands.items():
            cost = run(command).cpu
            if turn:
                seen[name].append(cost)
    return {name: statistics.median(costs) for name, costs in seen.items()}


def report(name: str, ours: float, peer: str, theirs: float, unit: str = "ms", goal: str = "") -> None:
    """Print one comparison as a ratio to a named peer."""
    scale = 1000 if unit == "ms" else 1
    print(
        f"{name}: {ours * scale:.1f} {unit}, {peer}: {theirs * scale:.1f} {unit}, ratio {ours / theirs:.2f}"
        + (f" (goal {goal})" if goal else "")
    )
