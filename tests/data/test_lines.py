"""Lines of a text that comes in pieces cut anywhere."""

from __future__ import annotations

import pytest

from openft.data.reading.lines import line_blocks
from openft.data.rows import MAX_LINE_BYTES
from openft.errors import DataError

HALF = b"x" * (MAX_LINE_BYTES // 2)


def test_a_block_may_be_longer_than_a_line_may() -> None:
    (block,) = line_blocks([b"\n".join([HALF, HALF, HALF, b""])])
    assert (block.first, list(map(len, block.lines)), block.ended) == (1, [len(HALF)] * 3, True)


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_a_line_is_as_long_as_it_may_be(end: bytes) -> None:
    blocks = line_blocks([b"a\n" + HALF, HALF, end])
    assert [len(line) for block in blocks for line in block.lines] == [1, MAX_LINE_BYTES]


@pytest.mark.parametrize(
    "rest", [[HALF + b"x\n"], [HALF, b"x\nb\n"], [HALF, b"x"], [HALF, b"xx"]], ids=["at once", "ended", "last", "open"]
)
def test_a_line_that_is_too_long_is_refused_with_its_number(rest: list[bytes]) -> None:
    with pytest.raises(DataError, match="longer than 16 MiB") as caught:
        list(line_blocks([b"a\nb\n" + HALF, *rest]))
    assert caught.value.line == 3
