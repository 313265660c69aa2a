"""What rows may have is what the records have, though these are not loaded to look at rows."""

from __future__ import annotations

import subprocess
import sys

from openft.data.rows import CHAT_KEYS, INPUT_KEYS, PREFERENCE_KEYS
from openft.types import ChatExample, PreferenceExample, PreferenceInput


def test_the_known_keys_are_the_fields_of_the_records() -> None:
    assert set(ChatExample.model_fields) == CHAT_KEYS
    assert set(PreferenceExample.model_fields) == PREFERENCE_KEYS
    assert set(PreferenceInput.model_fields) == INPUT_KEYS


def test_preparing_is_loaded_without_the_records() -> None:
    code = "import sys, openft.data.preparing; print('openft.types.records' in sys.modules, 'pydantic' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert found.stdout.split() == ["False", "False"]
