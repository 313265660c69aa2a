"""Property tests here are judged by what they find, not by the clock of a busy machine."""

from __future__ import annotations

from importlib.util import find_spec

from hypothesis import settings

settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")

NEEDED = {
    "openpyxl": ["test_workbooks.py", "test_readers_fuzz.py", "test_doctor_fuzz.py"],
    "pyarrow": ["test_reading_parquet.py", "test_real_tables.py"],
    "tokenizers": ["test_tokens.py"],
}
"""Packages of extras, and what cannot be tested where only the base is installed."""
collect_ignore = [file for package, files in NEEDED.items() if find_spec(package) is None for file in files]
