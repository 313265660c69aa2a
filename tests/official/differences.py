"""What differs from the official client on purpose, and why: the tables of docs/moving.md are written from this."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase

OPENAI = "3.54.0"
"""The version that all this is compared with; pinned in the Makefile."""


@dataclass(frozen=True)
class Row:
    """One difference."""

    names: tuple[str, ...]
    """As the tests name it; ``*`` stands for anything."""
    official: str
    """What it is in openai."""
    ours: str
    """What to write with openft."""
    why: str

    def covers(self, name: str) -> bool:
        """Return whether the row is about this difference."""
        return any(fnmatchcase(name, pattern) for pattern in self.names)


CALLS = (
    Row(
        ("files.create(purpose)",),
        "`files.create(purpose=…)` must be given",
        "may be left out: `fine-tune`",
        "it is what nearly all files here are for",
    ),
    Row(
        ("completions.create(prompt)",),
        "`completions.create(prompt=…)` must be given",
        "may be left out",
        "the API has a default, the beginning of a document",
    ),
    Row(
        ("files.retrieve_content",),
        "`files.retrieve_content(id)`, deprecated",
        "`files.content(id).text`",
        "one name for one thing",
    ),
    Row(
        ("fine_tuning.checkpoints.permissions.retrieve",),
        "`permissions.retrieve(checkpoint)`, deprecated",
        "`permissions.list(checkpoint)`",
        "it lists, and `list` has all pages of it",
    ),
    Row(
        tuple(f"chat.completions.{name}" for name in ("delete", "list", "parse", "retrieve", "stream", "update")),
        "`chat.completions.parse`, `.stream`, and those for stored answers",
        "`chat.completions.create`, with `stream=True` and `response_format=`",
        "openft is about fine-tuning; asking the model is what it needs of the rest",
    ),
    Row(
        tuple(
            f"webhooks.{name}" for name in ("create", "delete", "list", "retrieve", "rotate_secret", "test", "update")
        ),
        "`webhooks.create` and others that manage endpoints",
        "`webhooks.unwrap` and `verify_signature`; manage endpoints in the host's own console",
        "receiving is what an application does",
    ),
)
"""Calls that are missing, and keywords that differ."""

CLIENT = (
    Row(
        (
            *(f"init.{name}" for name in ("admin_api_key", "workload_identity", "provider", "data_residency")),
            *(f"with_options.{name}" for name in ("admin_api_key", "workload_identity", "provider", "data_residency")),
            "client.admin_api_key",
            "client.workload_identity",
        ),
        "`OpenAI(admin_api_key=…, workload_identity=…, provider=…, data_residency=…)`",
        "`Client(api_key=…, base_url=…)`; a function as `api_key` brings tokens that change",
        "these are services of one host",
    ),
    Row(
        ("init.websocket_base_url", "with_options.websocket_base_url", "client.websocket_base_url"),
        "`websocket_base_url`",
        "not there",
        "for the realtime API, which openft has not",
    ),
    Row(
        ("init._*", "with_options._*"),
        "`_strict_response_validation` and other internals",
        "not there",
        "all answers are validated",
    ),
    Row(
        ("with_options.base_url", "with_options.http_client"),
        "`with_options(base_url=…, http_client=…)`",
        "make another `Client`",
        "a copy shares the connections, and a key never goes to another address",
    ),
    Row(
        ("with_options.set_default_headers", "with_options.set_default_query"),
        "`with_options(set_default_headers=…)`",
        "make another `Client`; `default_headers=` adds to what the client has",
        "one way to do it",
    ),
    Row(("client.copy",), "`client.copy(…)`", "`client.with_options(…)`", "the same under one name"),
    Row(
        ("client.close",),
        "`await client.close()` of the async client",
        "`await client.aclose()`, or `async with`",
        "the name that httpx and anyio have; the sync client has `close()`",
    ),
    Row(
        tuple(f"client.{name}" for name in ("api_key", "auth_headers", "webhook_secret", "organization", "project"))
        + tuple(f"client.{name}" for name in ("max_retries", "timeout", "default_headers"))
        + tuple(f"client.{name}" for name in ("default_query", "custom_auth", "user_agent", "platform_headers", "qs"))
        + ("client.is_closed",),
        "`client.api_key`, `client.timeout` and other settings as attributes",
        "keep them yourself; `client.base_url` is a str",
        "a client shows no key, and can be used again after `close()`",
    ),
    Row(
        tuple(f"client.{name}" for name in ("get", "post", "put", "patch", "delete", "request", "get_api_list")),
        "`client.get`, `client.post` and others for any path",
        "`extra_body=`, `extra_query=`, `extra_headers=` of the calls that are there; an HTTP client for the rest",
        "what is sent is known, so that it can be repeated safely",
    ),
    Row(
        ("client.with_raw_response", "client.with_streaming_response"),
        "`with_raw_response`, `with_streaming_response`",
        "`on_response=` of the client for status and headers; `files.download` for large content",
        "no answer holds a connection or a response",
    ),
    Row(
        tuple(f"client.{name}" for name in ("responses", "conversations", "realtime", "live", "batches", "evals"))
        + tuple(f"client.{name}" for name in ("embeddings", "images", "audio", "videos", "moderations", "beta"))
        + tuple(f"client.{name}" for name in ("vector_stores", "containers", "skills", "admin", "safety"))
        + ("client.decisions", "client.content_provenance_checks"),
        "`client.responses`, `.embeddings`, `.batches`, `.evals`, `.images`, `.audio`, `.beta` (assistants) and others",
        "not there; both clients can be used side by side",
        "openft is about fine-tuning: files, jobs, models, and asking the models",
    ),
)
"""What the client itself is told and can be asked."""

PAGES = (
    Row(
        ("page.has_next_page", "page.get_next_page", "page.iter_pages", "page.next_page_info"),
        "`page.has_next_page()`, `.get_next_page()`, `.iter_pages()`",
        "iterate over the list, which fetches page by page; `.has_more` and `after=` for paging by hand",
        "one way to do it",
    ),
)
"""What the first page of a list can be asked."""

ANSWERS = (
    Row(
        ("*.prompt_cache_breakpoint.*", "*.moderation.*"),
        "`moderation` of chat completions and `prompt_cache_breakpoint` of graders have attributes",
        "they are dicts, as they came",
        "services of one host",
    ),
)
"""What answers can be asked."""

ERRORS = (
    Row(("OpenAIError",), "`OpenAIError`", "`OpenFTError`", "the base of all errors has the library's name"),
    Row(
        ("InvalidWebhookSignatureError",),
        "`InvalidWebhookSignatureError`",
        "`WebhookVerificationError`, a `ValueError` likewise",
        "it is told of replays and times, too",
    ),
    Row(
        ("OAuthError", "WebSocketQueueFullError", "WebSocketConnectionClosedError"),
        "`OAuthError`, `WebSocketQueueFullError`, `WebSocketConnectionClosedError`",
        "not there",
        "for services that openft has not",
    ),
    Row(
        ("LengthFinishReasonError", "ContentFilterFinishReasonError"),
        "`LengthFinishReasonError`, `ContentFilterFinishReasonError`",
        "look at `finish_reason`",
        "they belong to `chat.completions.parse`",
    ),
    Row(
        ("error.request", "error.response"),
        "`error.request`, `error.response`",
        "`status_code`, `request_id`, `body`, `retry_after`, `attempts`, `elapsed`",
        "errors can be pickled, and the key is in none of them",
    ),
)
"""Error classes, and what an error can be asked."""

MEANINGS = (
    Row(
        (),
        "`None` is sent as `null`; leaving an argument out, or `omit`, is not the same",
        '`None` is the same as leaving it out; `extra_body={"name": None}` sends `null`',
        "no sentinels",
    ),
    Row(
        (),
        "`timeout` is for each step of each attempt, a number or `httpx.Timeout`",
        "seconds for the whole call with all its attempts; 60, for completions 600, `math.inf` for none",
        "a call ends when it was said to",
    ),
    Row(
        (),
        "any failed attempt is repeated, also of `jobs.create`",
        "what makes something is repeated only where that cannot make it twice; `idempotency_key=` and "
        "`client.reconcile(error)` for the rest",
        "no job is paid for twice",
    ),
    Row(
        (),
        "answers are taken as they are, whatever their fields hold",
        "answers are validated: `APIResponseValidationError` where one is not what the API promises",
        "what a type says is true",
    ),
    Row(
        (),
        "`job.metadata`, `job.integrations`, `job.result_files` may be None",
        "empty where there is nothing",
        "they can be looked through without asking",
    ),
    Row(
        (),
        "`job.error` may be an object of nulls",
        "None unless the job has failed",
        "`if job.error:` means what it says",
    ),
    Row(
        (),
        "`str(error)` is `Error code: 404 - {…}`",
        "the server's own message",
        "it is for people; the rest is in the attributes",
    ),
    Row(
        (),
        "redirects are followed, wherever they lead",
        "on the same host only, and what makes something is sent on by 307 and 308 alone",
        "a key goes to one host, and nothing is made twice",
    ),
    Row(
        (),
        "`files.content(id)` streams, `.write_to_file(path)`",
        "is in memory, with `.content`, `.text` and `.read()`; `files.download(id, path)` writes to a file",
        "the file is there in full or not at all",
    ),
    Row(
        (),
        "`OPENAI_API_KEY` goes to whatever address `base_url=` names",
        "it goes with `OPENAI_BASE_URL` or OpenAI's own address; beside `base_url=` pass `api_key=` or set "
        "`OPENFT_API_KEY`, else there is a `ConfigError`",
        "a key goes to one host",
    ),
    Row(
        (),
        "`file=(name, content, mime)`, and a path as content",
        "`file=(name, content)` with bytes or an open file, or a path by itself; for `upload_file_chunked` there is "
        "`mime_type=`",
        "hosts go by the name and the content",
    ),
    Row(
        (),
        "`answer._request_id`",
        '`on_response=` of the client is told `headers["x-request-id"]`; errors have `request_id`',
        "an answer is what the server sent in its body",
    ),
    Row(
        (),
        "the results file is text: its columns are `train_loss`, `train_accuracy`, `valid_loss` and others",
        "`results(id).rows` have them as `training_loss`, 2023's name, and as `train_loss`; `checkpoint.metrics` has "
        "`train_loss` alone, as the API",
        "files of both APIs are read into one type",
    ),
    Row(
        (),
        "`permissions.create` of the async client can be iterated at once",
        "is awaited first",
        "what makes something is a coroutine",
    ),
)
"""The same names, with another meaning where it matters."""

ADDED = (
    (
        "files.create(check)",
        '`files.create(check="all")`',
        "looks at all of a large training file first; False at nothing",
    ),
    ("files.create(resume)", "`files.create(resume=path)`", "goes on with a large upload after a crash"),
    ("files.download", "`files.download(id, to)`", "writes to a file, of any size"),
    ("files.wait_for_processing(*)", "`files.wait_for_processing(id, …)`", "takes the options of each call, too"),
    ("uploads.upload_file_chunked(resume)", "`uploads.upload_file_chunked(resume=path)`", "likewise goes on"),
    ("uploads.upload_file_chunked(parallel)", "`uploads.upload_file_chunked(parallel=4)`", "sends parts side by side"),
    ("uploads.upload_file_chunked(*)", "`uploads.upload_file_chunked(…)`", "takes the options of each call, too"),
    (
        "fine_tuning.jobs.wait",
        "`fine_tuning.jobs.wait(id)`",
        "returns the job with its model, or says why there is none",
    ),
    ("fine_tuning.jobs.follow", "`fine_tuning.jobs.follow(id)`", "yields events as they happen, each once"),
    ("fine_tuning.jobs.as_completed", "`fine_tuning.jobs.as_completed(ids)`", "yields jobs as they end"),
    ("fine_tuning.jobs.notify", "`fine_tuning.jobs.notify(id)`", "looks now: a webhook has come"),
    ("fine_tuning.jobs.results", "`fine_tuning.jobs.results(id)`", "reads the metrics of each step"),
    (
        "fine_tuning.model_limits",
        "`fine_tuning.model_limits()`",
        "what the organisation may still train, where the host says it",
    ),
    ("models.wait", "`models.wait(model)`", "returns once the model answers"),
    ("webhooks.unwrap(tolerance)", "`webhooks.unwrap(tolerance=300)`", "as `verify_signature` has it"),
    ("webhooks.unwrap(seen)", "`webhooks.unwrap(seen=…)`", "refuses replays across processes"),
    ("client.fine_tunes", "`client.fine_tunes`", "the 2023 API"),
    ("client.local", "`Client.local()`", "a server on your machine that really trains"),
    ("client.reconcile", "`client.reconcile(error)`", "finds what a create has made though it failed"),
    ("*.on_response", "`Client(on_response=…)`", "is told of every answer: status, headers, time"),
)
"""Name for the tests, call, and what it does."""
