"""What the folder says about itself to whoever finds it without openft."""

from __future__ import annotations

from openft.archive.manifest import Manifest

HEAD = """\
This folder is the archive of an account of a fine-tuning service. It was written by openft (openft archive), and can
be read without it. Times are UTC.
"""
TAIL = """\
Ids that cannot be names of folders on every system have been changed, and end with a mark. The weights of fine-tuned
models are not here: no host gives them out. No key is here, either.
"""
LINES = (
    ("", "report.html, report.txt, report.json", "what was saved, what was not and why, what stops answering and when"),
    ("job", "jobs.csv, jobs.jsonl", "all fine-tuning jobs; the JSON has every field to which the host gave a value"),
    ("job", "jobs/ID/job.json", "one job"),
    ("events", "jobs/ID/events.jsonl", "its story, oldest first"),
    ("checkpoints", "jobs/ID/checkpoints.jsonl, .csv", "its checkpoints with their metrics"),
    ("fine-tune", "fine-tunes.csv, fine-tunes/ID/...", "jobs of the 2023 API, in the same way"),
    ("file", "files.csv, files.jsonl", "all files for and from training"),
    ("file", "files/ID/file.json", "what the host says about a file"),
    ("content", "files/ID/NAME", "its content, as the host has sent it"),
    ("table", "files/ID/NAME.decoded.csv", "the table in it, where the host has sent base64"),
    ("models.csv", "models.csv, models.jsonl", "the models that were listed; last_listed is openft's own"),
    ("limits", "model_limits.json", "what the account may still fine-tune"),
    ("", "manifest.jsonl", "one line for each thing: where it came from, when, its size, its SHA-256, or"),
    ("", "", "why it is not here (gone, forbidden, failed); of two lines about a thing the"),
    ("", "", "last one counts; each run begins and ends with a line that says so"),
    ("", "SHA256SUMS", "the same hashes for: sha256sum -c SHA256SUMS"),
)
"""What has to be saved for a line, the line's files, and what they are."""


def text(manifest: Manifest) -> str:
    """Return the text for a folder, with the files that are in it."""
    saved = {name for entry in manifest.all("saved") for name in (entry.what, entry.id if entry.what == "made" else "")}
    lines = [f"{name:<38} {what}\n" for needed, name, what in LINES if not needed or needed in saved]
    return f"{HEAD}\n{''.join(lines)}\n{TAIL}"
