"""What a run has done and what it could not: as text, JSON and HTML."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from html import escape

from openft.archive.endings import Ending
from openft.archive.manifest import Entry
from openft.display import ROWS, size, table, words
from openft.shutdowns import Announced
from openft.types.jobs import FINISHED

WEIGHTS = "the weights of fine-tuned models: no host gives them out; only answers can be kept (openft capture)"
UNENDED = "the last run has not come to its end"
NAMED = 3
"""Models that are named where many end together."""
_LONGEST = 400


@dataclass(frozen=True, slots=True)
class Held:
    """How much there is of one kind."""

    what: str
    """``jobs``, ``events``, ``files`` and others."""
    saved: int
    bytes: int
    new: int
    """That this run has saved; of a dry run, that a run would."""
    new_bytes: int | None
    """None where a host does not tell before."""


@dataclass(frozen=True, slots=True)
class Damage:
    """A file that is not as the manifest has it."""

    path: str
    state: str
    """``missing``, ``changed`` or ``extra``."""


@dataclass(frozen=True, slots=True, repr=False)
class Report:
    """What is in an archive, what is not, and what to do next."""

    folder: str
    host: str
    owner: dict[str, str]
    when: str
    did: str
    """``saved``, ``planned`` (a dry run) or ``verified``."""
    held: list[Held]
    unsaved: list[Entry] = field(default_factory=list[Entry])
    """What is gone, forbidden or has failed."""
    damage: list[Damage] = field(default_factory=list[Damage])
    endings: list[Ending] = field(default_factory=list[Ending])
    undated: list[str] = field(default_factory=list[str])
    """Fine-tuned models of which nobody says when they stop."""
    bases: dict[str, str] = field(default_factory=dict[str, str])
    """What the fine-tuned models were trained from, by their names, as far as that is known."""
    dates: list[Announced] = field(default_factory=list[Announced])
    """What is announced for the service as a whole."""
    notes: list[str] = field(default_factory=list[str])
    unfinished: list[str] = field(default_factory=list[str])
    """Jobs that had not ended when they were last listed; what they did afterwards is for another run."""
    ended: bool = True
    """Whether the last run came to its end; what one lacks that did not, nobody knows."""

    @property
    def failed(self) -> list[Entry]:
        """What another run may save: whatever has failed, and lists that the host refuses to this key."""
        return [entry for entry in self.unsaved if entry.state == "failed" or entry.what == "list"]

    @property
    def ok(self) -> bool:
        """Whether all is saved that can be; of a verified archive, whether its last run ended and nothing is lost."""
        if self.did == "verified":
            return self.ended and all(one.state == "extra" for one in self.damage)
        return not self.failed

    def summary(self) -> str:
        """Return the end of the run in one line."""
        held = ", ".join(_amount(one) for one in self.held if one.saved or one.new)
        if self.did == "planned":
            news = [f"{_count(one.new, one.what)}{_bytes(one.new_bytes)}" for one in self.held if one.new]
            return f"a run would save {', '.join(news) or 'nothing new'}; nothing was written"
        held += f"; jobs that had not ended: {len(self.unfinished):,}" if self.unfinished else ""
        bad = [one for one in self.damage if one.state != "extra"]
        if self.did == "verified":
            whole = "every file is" if self.ended else "what is there is"
            state = f"missing or changed: {len(bad):,}" if bad else f"{whole} as it was saved"
            return f"{'' if self.ended else f'{UNENDED}; '}{state}: {held or 'nothing saved'}"
        if self.failed:
            return f"failed, and another run may save it: {len(self.failed):,}; saved: {held or 'nothing'}"
        return f"complete: {held or 'there is nothing to save'}"

    def next_steps(self) -> list[str]:
        """Return what to do now, in order."""
        command = _command(self.folder)
        steps = ["run the same command again; it goes on where it was"] if self.failed else []
        if self.failed and self.did == "verified":
            steps = [f"save what has failed, while the host has it: {command}"]
        if any(one.what == "list" and one.state == "forbidden" for one in self.unsaved):
            steps.insert(0, "use a key that may read what this one may not (cannot be saved, above)")
        if not self.ended:
            steps = [f"finish it, while the host is there: {command}"]
        if any(one.state != "extra" for one in self.damage):
            steps.append("remove what has changed and run openft archive again, while the host has it")
        if self.unfinished:
            steps.append(f"save the account again when these jobs have ended: {command}")
        own = [ending for ending in self.endings if ending.base]
        if own:
            text = f"keep your models' answers before they stop ({own[0].date}): openft capture MODEL FILE"
            steps.append(text)
        if self.did == "planned":
            is_more = self.ended and any(one.new for one in self.held)
            return [*([f"save it all: {command}"] if is_more else []), *steps]
        return [
            *steps,
            f"copy the folder to another disk, and check it there: {command} --verify",
            "train again on your own machine with the files under files/: openft serve",
        ]

    def lines(self, most: int = ROWS) -> Iterator[str]:
        """Yield the report as lines, of each list the first."""
        yield self._whose()
        yield from (f"  {line}" for line in map(_held, self.held))
        yield from (f"  {note}" for note in self.notes)
        yield from _some("stops answering:", _endings(self.endings), most)
        yield from _some("nobody says when these stop:", map(self._undated, self.undated), most)
        yield from _some("the service:", (f"{one.date}  {one.what} ({one.source})" for one in self.dates), most)
        yield from _some("not as it was saved:", (f"{one.state}  {one.path}" for one in self.damage), most)
        yield from _some("had not ended when they were last listed:", self.unfinished, most)
        yield from _some("cannot be saved:", [WEIGHTS, *map(_unsaved, self.unsaved)], most)
        yield from _some("what to do next:", self.next_steps(), most)
        yield self.summary()

    def text(self, most: int = ROWS) -> str:
        """Return the report for a terminal, with control characters escaped."""
        return "\n".join(words(line, _LONGEST) for line in self.lines(most))

    def to_dict(self) -> dict[str, object]:
        """Return the report as what JSON can hold."""
        told = asdict(self)
        return {**told, "ok": self.ok, "summary": self.summary(), "weights": WEIGHTS, "next": self.next_steps()}

    def to_json(self) -> str:
        """Return the report as JSON, in ASCII so that it passes through any terminal."""
        return json.dumps(self.to_dict(), indent=2)

    def html(self) -> str:
        """Return the report as a whole page; everything is escaped."""
        head = '<meta charset="utf-8"><title>openft archive</title>'
        return f'<!doctype html>\n<html lang="en"><head>{head}</head><body>\n{self._tables(None)}\n</body></html>\n'

    def _repr_html_(self) -> str:
        """Return tables for notebooks, of each list the first rows; all content is escaped."""
        return self._tables(ROWS)

    def __repr__(self) -> str:
        return f"<Report of {words(self.folder, 300)}: {words(self.summary(), _LONGEST)}>"

    def _whose(self) -> str:
        whose = ", ".join(f"{name} {value}" for name, value in self.owner.items())
        return f"archive of {self.host}{f' ({whose})' if whose else ''}, {self.did} {self.when}"

    def _undated(self, name: str) -> str:
        return f"{name}, trained from {self.bases[name]}" if name in self.bases else name

    def _tables(self, most: int | None) -> str:
        held = [(one.what, one.saved, _size(one.bytes or None), one.new, _size(one.new_bytes)) for one in self.held]
        unsaved = [("weights", "all", "gone", WEIGHTS)]
        unsaved += [(one.what, one.id, one.state, one.reason or "") for one in self.unsaved[:most]]
        endings = [(one.date, one.model, one.base, one.source) for one in self.endings[:most]]
        undated = [(None, name, self.bases.get(name), "nobody says") for name in self.undated[:most]]
        dates = [(one.date, one.what, one.source, one.certainty) for one in self.dates]
        tables: list[tuple[str, tuple[str, ...], Sequence[Sequence[object]]]] = [
            ("what there is", ("what", "saved", "size", "new", "new size"), held),
            ("notes", ("what",), [(note,) for note in self.notes]),
            ("stops answering", ("when", "model", "trained from", "who says so"), [*endings, *undated]),
            ("the service", ("when", "what", "source", "certainty"), dates),
            ("not as it was saved", ("what", "path"), [(x.state, x.path) for x in self.damage[:most]]),
            ("had not ended", ("job",), [(name,) for name in self.unfinished[:most]]),
            ("cannot be saved", ("what", "id", "state", "reason"), unsaved),
            ("what to do next", ("step",), [(step,) for step in self.next_steps()]),
        ]
        heads = (f"<p>{escape(words(text, _LONGEST))}</p>" for text in (self._whose(), self.summary()))
        return "\n".join((*heads, *(table(*one) for one in tables if one[2])))


def unfinished(id: str, status: object) -> list[str]:
    """Return a job in words, if it may still go on."""
    return [] if isinstance(status, str) and status in FINISHED else [f"{id} ({status})"]


def _command(folder: str) -> str:
    """Return the command that saves into a folder, for a shell; what a terminal would obey cannot be pasted."""
    name = f"./{folder}" if folder.startswith("-") else folder  # which is no option
    return shlex.join(["openft", "archive", name if name.isprintable() else "DIR"])


def _amount(one: Held) -> str:
    return f"{_count(one.saved, one.what)}{_bytes(one.bytes or None)}"


def _count(count: int, what: str) -> str:
    return f"{count:,} {what.removesuffix('s') if count == 1 else what}"


def _bytes(count: int | None) -> str:
    return "" if count is None else f" ({size(count)})"


def _size(count: int | None) -> str | None:
    return None if count is None else size(count)


def _held(one: Held) -> str:
    new = f", new: {one.new:,}{_bytes(one.new_bytes)}" if one.new else ""
    return f"{_amount(one)}{new}"


def _endings(endings: Iterable[Ending]) -> Iterator[str]:
    """Yield a line for each day, base and source: an account may have hundreds of fine-tunes of one base."""
    groups: dict[tuple[str, str | None, str], list[str]] = {}
    for one in endings:
        groups.setdefault((one.date[:10], one.base, one.source), []).append(one.model)
    for (date, base, source), models in groups.items():
        named = ", ".join(models[:NAMED]) + (f" and {len(models) - NAMED:,} more" if len(models) > NAMED else "")
        yield f"{date}  {named}{f', trained from {base}' if base else ''} ({source})"


def _unsaved(one: Entry) -> str:
    return f"{one.state}: {one.what} {one.id}: {one.reason}"


def _some(title: str, lines: Iterable[str], most: int) -> Iterator[str]:
    shown = list(lines)
    if shown:
        yield title
        yield from (f"  {line}" for line in shown[:most])
    if len(shown) > most:
        yield f"  … and {len(shown) - most:,} more; report.json has all"
