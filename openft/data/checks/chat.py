"""All checks of conversations to learn from."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from functools import partial
from itertools import pairwise

from openft.data.batch import Batch
from openft.data.checks import rules
from openft.data.checks.conversations import ConversationChecks
from openft.data.checks.flaw import Flaw
from openft.data.checks.labels import small_classes
from openft.data.checks.message import answer_flaw, images_in, message_flaws
from openft.data.checks.paths import Row, as_list, as_object
from openft.data.checks.plain import Plain, plain_of
from openft.data.checks.spoken import SpokenLength
from openft.data.checks.systems import Systems
from openft.data.checks.tools import called, declared, parallel
from openft.data.checks.turns import chat_turns, roles_of
from openft.data.findings import Finding
from openft.data.rows import CHAT_KEYS, Kind, excerpt

_MOST_IMAGES = 10
"""Images of an example (source: OpenAI)."""


class ChatChecks(ConversationChecks):
    """The state of all checks."""

    kind: Kind = "chat"

    def __init__(self, length: SpokenLength) -> None:
        super().__init__(length)
        self._systems = Systems()

    def take(self, batch: Batch) -> tuple[Plain | None, list[int], Iterable[Finding]]:
        """Check the rows that can be checked as columns."""
        plain, odd = plain_of(batch)
        found = self._plain(batch, plain) if plain is not None else ()
        for place in odd:
            self._systems.row(batch.rows[place], batch.lines[place])
        return plain, odd, found

    def _plain(self, batch: Batch, plain: Plain) -> Iterator[Finding]:
        lines = [batch.lines[place] for place in plain.places]
        self._systems.plain(plain, lines)
        flaws = {turns: found for turns in set(plain.turns) if (found := chat_turns(turns))}
        if flaws:
            for line, turns in zip(lines, plain.turns, strict=True):
                for flaw in flaws.get(turns, ()):
                    yield flaw.finding(batch.file, line)
        yield from self._blanks(batch.file, plain, lines)
        for number, flaw in self.length.plain(plain):
            yield flaw.finding(batch.file, lines[number])
        yield from self.safety.look(batch.file, plain.said, partial(_where, plain, lines))

    def _blanks(self, file: str, plain: Plain, lines: list[int]) -> Iterator[Finding]:
        """Yield which answers are empty, or have white space at an end."""
        said = plain.said.texts
        stripped = list(map(str.strip, said))
        if stripped == said and all(said):
            return
        for line, (start, end), turns in zip(lines, pairwise(plain.starts), plain.turns, strict=True):
            if said[start:end] == stripped[start:end] and all(said[start:end]):
                continue
            for number, role in enumerate(turns):
                if role == "assistant":
                    flaw = answer_flaw(said[start + number], f"messages[{number}].content")
                    if flaw is not None:
                        yield flaw.finding(file, line)

    def flaws(self, row: Row) -> Iterator[Flaw]:
        """Yield what is wrong with a row."""
        messages = as_list(row["messages"]) or []
        for key in row:
            if key not in CHAT_KEYS:
                said = f"{excerpt(key)!r} is no key of a chat row; leave it out"
                yield Flaw(rules.UNEXPECTED_KEY, excerpt(key), said)
        for number, message in enumerate(messages):
            yield from message_flaws(message, f"messages[{number}]")
        roles = roles_of(messages)
        yield from chat_turns(roles) if roles is not None else ()
        names: set[str] = set()
        yield from declared(row, "", names)
        yield from parallel(row, "")
        yield from called(messages, "messages", names)
        yield from _learned(messages, roles)
        images = images_in(messages)
        if images > _MOST_IMAGES:
            said = f"{images} images, of which hosts take {_MOST_IMAGES} in one example; leave some out"
            yield Flaw(rules.MANY_IMAGES, "messages", said)

    def whole(self) -> Iterator[Finding]:
        """Yield what else is wrong with the whole."""
        yield from self._systems.end(self.file)
        yield from small_classes(self.task, self.file, "messages")


def _learned(messages: list[object], roles: tuple[str, ...] | None) -> Iterator[Flaw]:
    pairs = zip(map(as_object, messages), roles or (), strict=False)
    weights = [(message or {}).get("weight") for message, role in pairs if role == "assistant"]
    if weights and all(type(weight) is int and not weight for weight in weights):
        said = "all answers have weight 0, so that nothing is learned; give one of them weight 1"
        yield Flaw(rules.NOTHING_LEARNED, "messages", said)


def _where(plain: Plain, lines: list[int], place: int) -> tuple[int, str]:
    row = bisect_right(plain.starts, place) - 1
    return lines[row], f"messages[{place - plain.starts[row]}].content"
