"""All checks of conversations that a model is to answer and a grader to judge."""

from __future__ import annotations

from collections.abc import Iterator

from openft.data.checks import rules
from openft.data.checks.conversations import ConversationChecks
from openft.data.checks.flaw import Flaw
from openft.data.checks.message import message_flaws
from openft.data.checks.paths import Row, as_list
from openft.data.checks.tools import called, declared
from openft.data.checks.turns import any_turns, roles_of
from openft.data.rows import Kind


class ReinforcementChecks(ConversationChecks):
    """The state of all checks; keys beside the messages are the grader's, and are let be."""

    kind: Kind = "reinforcement"

    def flaws(self, row: Row) -> Iterator[Flaw]:
        """Yield what is wrong with a row."""
        messages = as_list(row["messages"]) or []
        for number, message in enumerate(messages):
            yield from message_flaws(message, f"messages[{number}]")
        yield from question_flaws(messages, "messages")
        names: set[str] = set()
        yield from declared({"tools": row.get("tools")}, "", names)
        yield from called(messages, "messages", names)


def question_flaws(messages: list[object], path: str) -> Iterator[Flaw]:
    """Yield what is wrong with the order of a conversation that is still to be answered."""
    roles = roles_of(messages)
    if roles is not None:
        yield from any_turns(roles, path)
    if (roles_of(messages[-1:]) or ("",))[-1] == "assistant":
        said = "the last message is the assistant's, but it is to be answered; end with what the user asks"
        yield Flaw(rules.ANSWER_AT_END, f"{path}[{len(messages) - 1}]", said)
