"""All cases, by theme."""

from __future__ import annotations

from faults import arguments, bodies, connecting, doubt, framing, heads, pauses, redirects, statuses, streams, times

THEMES = {
    "Connections": connecting.CASES,
    "Time": times.CASES,
    "Heads": heads.CASES,
    "Frames": framing.CASES,
    "Bodies": bodies.CASES,
    "Error statuses": statuses.CASES,
    "Pauses that the server asks for": pauses.CASES,
    "Redirects": redirects.CASES,
    "Streams": streams.CASES,
    "Lost answers": doubt.CASES,
    "Arguments": arguments.CASES,
}
CASES = [case for cases in THEMES.values() for case in cases]
