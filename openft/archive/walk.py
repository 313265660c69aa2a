"""Goes through all lists that an account has, in the order in which things are most easily lost."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from openft import ResponseInfo
from openft.archive.contents import RESULTS
from openft.archive.host import ABSENT, Host, is_of_api, wants_rest
from openft.errors import APIConnectionError, APIError, APIStatusError, AuthenticationError, ConfigError
from openft.types import File, FineTune, FineTuningJob, Model, ModelLimits

PAGE = 100
"""Things in a page; what hosts allow for jobs and events."""
MANY = 500
"""Files in a page."""
MODELS, JOBS, FINE_TUNES, FILES = "/models", "/fine_tuning/jobs", "/fine-tunes", "/files"
LIMITS = "/fine_tuning/model_limits"
OPTIONAL = frozenset({FINE_TUNES, LIMITS})
"""What hosts may do without. Jobs of today they may, too, where they say so themselves and have those of 2023."""
OWNERS = {"openai-organization": "organization", "openai-project": "project"}
"""Headers that tell whose the key is."""


class Sees(Protocol):
    """What is shown all that an account has."""

    def owner(self, told: Mapping[str, str]) -> None:
        """Take in whose it is."""
        ...

    def models(self, models: list[Model]) -> None:
        """Take in all models."""
        ...

    def limits(self, limits: ModelLimits) -> None:
        """Take in what may still be fine-tuned."""
        ...

    def job(self, job: FineTuningJob) -> None:
        """Take in a job."""
        ...

    def fine_tune(self, job: FineTune) -> None:
        """Take in a job of the 2023 API."""
        ...

    def file(self, file: File, *, is_result: bool) -> None:
        """Take in a file."""
        ...

    def unlisted(self, id: str, *, is_result: bool) -> None:
        """Take in a file that a job names and no list has."""
        ...

    def rest(self) -> None:
        """Take in that there is nothing more."""
        ...

    def listing(self, name: str, source: str, error: APIError | None, *, was_read: bool) -> None:
        """Take in how a list has ended; one that the host may do without has not failed where it is not read."""
        ...


class Walk:
    """One way through an account.

    Args:
        host: where it is.
        sees: what is shown everything.
    """

    def __init__(self, host: Host, sees: Sees) -> None:
        self._host = host
        self._sees = sees
        self._named: dict[str, bool] = {}
        """Files that jobs name, and whether they are results."""
        self.absent: list[str] = []
        """Lists that the host has not."""

    def go(self) -> None:
        """Show everything there is.

        Raises:
            AuthenticationError: the key is no good.
            APIConnectionError: the host cannot be reached.
            RateLimitError: it is to be left alone.
            ConfigError: the host has none of the lists.
        """
        steps = (
            ("list of models", MODELS, self._models),
            ("fine_tuning.jobs (today's API)", JOBS, self._jobs),
            ("fine-tunes (the 2023 API)", FINE_TUNES, self._fine_tunes),
            ("list of files", FILES, self._files),
            ("word on what may still be fine-tuned", LIMITS, self._limits),
        )
        ended = [(name, source, _failure(step)) for name, source, step in steps]
        if all(_is_absent(error) for _, _, error in ended):
            text = f"{self._host.address} has neither models nor jobs nor files; check the address, which ends in /v1"
            raise ConfigError(text)
        has_old_jobs = any(source == FINE_TUNES and error is None for _, source, error in ended)
        for name, source, error in ended:
            is_absent = _is_absent(error) and (
                source in OPTIONAL or (source == JOBS and has_old_jobs and _is_said(error))
            )
            self.absent += [name] if is_absent else []
            self._sees.listing(name, source, None if is_absent else error, was_read=error is None)
        for id, is_result in self._named.items():
            self._sees.unlisted(id, is_result=is_result)
        self._sees.rest()

    def _models(self) -> None:
        owner: dict[str, str] = {}

        def note(answer: ResponseInfo) -> None:
            owner.update({name: answer.headers[header] for header, name in OWNERS.items() if header in answer.headers})

        client = self._host.client.with_options(on_response=note)
        models = list(self._host.items(lambda _: client.models.list()))
        self._sees.owner(owner)
        self._sees.models(models)

    def _jobs(self) -> None:
        for job in self._host.items(lambda page: self._host.client.fine_tuning.jobs.list(limit=page), page=PAGE):
            self._belongs_to(job.organization_id)
            self._named |= {id: self._named.get(id, False) for id in (job.training_file, job.validation_file) if id}
            self._named |= dict.fromkeys(job.result_files, True)
            self._sees.job(job)

    def _fine_tunes(self) -> None:
        for job in self._host.items(lambda _: self._host.client.fine_tunes.list()):
            self._belongs_to(job.organization_id)
            files = (*job.training_files, *job.validation_files)
            self._named |= {file.id: self._named.get(file.id, False) for file in files}
            self._named |= {file.id: True for file in job.result_files}
            self._sees.fine_tune(job)

    def _files(self) -> None:
        for file in self._host.items(lambda page: self._host.client.files.list(limit=page), page=MANY):
            is_named = file.id in self._named
            is_result = self._named.pop(file.id, False) or file.purpose == RESULTS
            if is_named or file.purpose.startswith("fine-tune"):
                self._sees.file(file, is_result=is_result)

    def _limits(self) -> None:
        self._sees.limits(self._host.ask(self._host.client.fine_tuning.model_limits, counted=False))

    def _belongs_to(self, organization_id: str) -> None:
        if organization_id:
            self._sees.owner({"organization_id": organization_id})


def _failure(step: Callable[[], None]) -> APIError | None:
    """Return what a list has failed with.

    Raises:
        AuthenticationError: the key is no good.
        APIConnectionError: the host cannot be reached.
        RateLimitError: it is to be left alone.
    """
    try:
        step()
    except (AuthenticationError, APIConnectionError):
        raise
    except APIError as error:
        if wants_rest(error):
            raise
        return error
    return None


def _is_said(error: APIError | None) -> bool:
    """Return whether an error is the API's own word."""
    return error is not None and is_of_api(error.body)


def _is_absent(error: APIError | None) -> bool:
    return isinstance(error, APIStatusError) and error.status_code in ABSENT
