"""Whether validation data holds prompts that training data has too."""

from __future__ import annotations

from collections.abc import Iterator

from openft.data.batch import Batches
from openft.data.checks import rules
from openft.data.checks.texts import Texts
from openft.data.findings import Finding
from openft.data.rows import Kind


def leakage(training: Batches, validation: Batches, kind: Kind = "prompt_completion") -> Iterator[Finding]:
    """Yield a finding for each validation row whose text the training data has; blanks around it do not count.

    The text is the prompt, or the completion where there is no prompt; of a conversation all before the last answer.
    Equal hashes are confirmed by content.
    """
    from openft.data.checks.talk import talk

    hashes = {hash(text) for texts in talk(validation(), kind) for text in _keys(texts)}
    known: dict[str, tuple[str, int]] = {}
    for texts in talk(training(), kind):
        for line, text in zip(texts.lines, _keys(texts), strict=True):
            if hash(text) in hashes:
                known.setdefault(text, (texts.file, line))
    if not known:
        return
    for texts in talk(validation(), kind):
        for line, text in zip(texts.lines, _keys(texts), strict=True):
            place = known.get(text)
            if place is not None:
                message = (
                    f"also in the training data, in {place[0]}:{place[1]}, so that results look better than they are"
                )
                yield rules.LEAKAGE.finding(f"{message}; leave it out", file=texts.file, line=line, text=text)


def _keys(texts: Texts) -> list[str]:
    pairs = zip(texts.prompt.texts, texts.completion.texts, strict=True)
    return [prompt.strip() or completion.strip() for prompt, completion in pairs]
