"""Rows and fields to one line of text, and to a small table for notebooks; pure, knows no type and no client."""

from openft.display.html import ROWS, card, table
from openft.display.text import Words, line, moment, shown, size, words

__all__ = ["ROWS", "Words", "card", "line", "moment", "shown", "size", "table", "words"]
