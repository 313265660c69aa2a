"""What training would cost, or how long it would take on one's own machine, by prices and rates that are data."""

from __future__ import annotations

from dataclasses import dataclass

from openft.data.models import EMBEDDED, base_of, find, known
from openft.data.tally import Totals

EPOCHS_OF_2023 = 4
"""Epochs of a fine-tune of the 2023 API that names none; the embedded server follows it (source: the 2023 guide)."""
_EPOCHS, _FEWEST_EPOCHS, _MOST_EPOCHS = 3, 1, 25
_FEWEST_ROWS, _MOST_ROWS = 100, 25_000


@dataclass(frozen=True, slots=True)
class Cost:
    """What a host would charge for a training job."""

    model: str
    host: str | None
    """Who would charge it, None where that is not known."""
    tokens: int
    """Of the training data, each row up to the model's limit."""
    exact: bool
    """Whether the tokens are counted, not estimated."""
    epochs: int
    billed_tokens: int
    price_per_million: float | None
    """None where no price is known; ``reason`` says so."""
    amount: float | None
    currency: str | None
    price_date: str | None
    price_source: str | None
    until: str | None
    """The last day on which anybody can start a job, None where none is known."""
    reason: str | None
    """Why there is no amount."""

    def __str__(self) -> str:
        about = "" if self.exact else "about "
        who = f"{self.model} at {self.host}" if self.host else self.model
        sum_ = f"{about}{self.tokens:,} tokens × {_epochs(self.epochs)} = {self.billed_tokens:,}"
        if self.amount is None:
            return f"{who}: {sum_}; {self.reason}"
        money = f"{about}{_money(self.amount, self.currency)}"
        last = f"; no new jobs after {self.until}" if self.until else ""
        each = _money(self.price_per_million or 0.0, self.currency)
        return f"{who}: {sum_} at {each} a million: {money} (price of {self.price_date}{last})"


@dataclass(frozen=True, slots=True)
class Duration:
    """How long the embedded server would train."""

    model: str
    tokens: int
    exact: bool
    epochs: int
    seconds: float | None
    """None where no rate is known; ``reason`` says so."""
    tokens_per_second: float | None
    machine: str | None
    """Where that was measured."""
    date: str | None
    reason: str | None

    def __str__(self) -> str:
        if self.seconds is None:
            return f"{self.model}: {self.reason}"
        rate = f"{self.tokens_per_second:,.0f} tokens a second on {self.machine}, {self.date}"
        return f"{self.model}, embedded: about {_time(self.seconds)} for {_epochs(self.epochs)} (measured: {rate})"


def default_epochs(rows: int, model: str) -> int:
    """Return how many epochs a job has that names none, as far as is known.

    Today's API has 3, more for fewer than 34 rows and fewer for more than 8,333 (source: OpenAI's cookbook).
    """
    found = find(model)
    if found is None or found.api == "legacy":
        return EPOCHS_OF_2023
    if rows * _EPOCHS < _FEWEST_ROWS:
        return min(_MOST_EPOCHS, _FEWEST_ROWS // max(1, rows))
    if rows * _EPOCHS > _MOST_ROWS:
        return max(_FEWEST_EPOCHS, _MOST_ROWS // rows)
    return _EPOCHS


def cost(data: Totals, model: str, epochs: int | None = None) -> Cost:
    """Return what a host would charge for training a model; validation data is free.

    Args:
        data: of the training data; see ``totals``, and ``limit_of`` for its limit.
        model: a base, or a model fine-tuned from one.
        epochs: the host's default when left out.
    """
    found = find(model)
    price = found.price if found else None
    epochs = default_epochs(data.rows, model) if epochs is None else epochs
    billed = data.trained_tokens * epochs
    return Cost(
        model=model,
        host=found.host if found else None,
        tokens=data.trained_tokens,
        exact=data.exact,
        epochs=epochs,
        billed_tokens=billed,
        price_per_million=price.per_million if price else None,
        amount=billed * price.per_million / 1_000_000 if price else None,
        currency=price.currency if price else None,
        price_date=price.date if price else None,
        price_source=price.source if price else None,
        until=found.until.day if found and found.until else None,
        reason=None if price else f"no price is known for {model}; ask its host",
    )


def duration(data: Totals, model: str, epochs: int | None = None) -> Duration:
    """Return how long the embedded server would train one of its bases, by a rate that was measured elsewhere."""
    rate = known().embedded.get(base_of(model))
    epochs = EPOCHS_OF_2023 if epochs is None else epochs
    seconds = rate.start_seconds + data.trained_tokens * epochs / rate.tokens_per_second if rate else None
    return Duration(
        model=model,
        tokens=data.trained_tokens,
        exact=data.exact,
        epochs=epochs,
        seconds=seconds,
        tokens_per_second=rate.tokens_per_second if rate else None,
        machine=rate.machine if rate else None,
        date=rate.date if rate else None,
        reason=None if rate else f"is no embedded base; these are {', '.join(EMBEDDED)}",
    )


def limit_of(model: str) -> int | None:
    """Return how many tokens an example may have, None where that is not known."""
    found = find(model)
    return found.limit.tokens if found and found.limit else None


def _epochs(count: int) -> str:
    return f"{count} epoch{'' if count == 1 else 's'}"


def _money(amount: float, currency: str | None) -> str:
    sign = "$" if currency == "USD" else f"{currency} "
    return f"{sign}{amount:,.2f}" if amount >= 0.1 or not amount else f"{sign}{amount:.2g}"


def _time(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} seconds"
    if seconds < 90 * 60:
        return f"{seconds / 60:.0f} minutes"
    return f"{seconds / 3600:.1f} hours"
