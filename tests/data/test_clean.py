"""What is known of control characters before the texts are looked at."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from openft.data.batch import Plain
from openft.data.checks.safety import CONTROL, Safety
from openft.data.checks.texts import texts_of
from openft.data.reading.jsonlines import Escapes

PIECE = st.sampled_from([*'\\"/u\n\t\r\x00\x07\b\f\x0b\x1f\x7f\x80\u009f\u200bé한😀', "\\u0007", "b", "x"])
TEXT = st.lists(PIECE, min_size=1, max_size=8).map("".join)


@given(st.lists(TEXT, min_size=1, max_size=4), st.booleans())
def test_what_is_known_to_be_clean_has_no_control_characters(texts: list[str], ascii_only: bool) -> None:
    raw = "\n".join(json.dumps({"prompt": text}, ensure_ascii=ascii_only) for text in texts).encode()
    escapes, asked = Escapes(raw), Escapes(raw)
    assert asked.quotes == sum(text.count('"') for text in texts)
    assert asked.clean or not escapes.clean  # it was looked at more closely
    if asked.clean:
        assert not any(CONTROL.search(character) for text in texts for character in text if character.isascii())


@given(st.lists(TEXT, min_size=1, max_size=4))
def test_clean_texts_are_found_to_have_what_any_texts_have(texts: list[str]) -> None:
    raw = json.dumps(texts, ensure_ascii=False).encode()
    numbers = range(1, len(texts) + 1)
    found = [
        list(Safety().feed(texts_of("f", numbers, numbers, texts, texts, plain=plain)))
        for plain in (None, Plain(raw) if Escapes(raw).clean else None)
    ]
    assert found[0] == found[1]
