"""The last client that spoke the 2023 API, as a library, unmodified, against the real engine."""

from __future__ import annotations

from typing import Any

import pytest

from clients.conftest import Legacy

pytestmark = pytest.mark.train


def test_a_file_lives_from_upload_to_deletion(legacy: Legacy) -> None:
    told = legacy.python(
        """
file = openai.File.create(file=open("train.jsonl", "rb"), purpose="fine-tune")
listed = [each.id for each in openai.File.list().data]
same = openai.File.retrieve(file.id)
content = openai.File.download(file.id)
gone = openai.File.delete(file.id)
print(json.dumps([file, file.id in listed, same == file, content == open("train.jsonl", "rb").read(), gone]))
"""
    )
    file, listed, same, content, gone = told
    assert (listed, same, content) == (True, True, True)
    assert file["bytes"] == (legacy.folder / "train.jsonl").stat().st_size
    assert gone == {"id": file["id"], "object": "file", "deleted": True}


def test_the_cli_duplicate_check_finds_the_same_file(legacy: Legacy) -> None:
    found = legacy.python(
        """
content = open("train.jsonl", "rb").read()
file = openai.File.create(file=open("train.jsonl", "rb"), purpose="fine-tune", user_provided_filename="a/b/again.jsonl")
found = openai.File.find_matching_files("again.jsonl", len(content), "fine-tune")
print(json.dumps([file.id, [each["id"] for each in found]]))
"""
    )
    assert found[1] == [found[0]]


def test_a_fine_tune_streams_its_events_and_ends_with_a_model(legacy: Legacy) -> None:
    job, streamed = legacy.python(
        """
file = openai.File.create(file=open("train.jsonl", "rb"), purpose="fine-tune")
job = openai.FineTune.create(training_file=file.id, model="ada", n_epochs=1, suffix="library")
events = [event["message"] for event in openai.FineTune.stream_events(job.id)]
print(json.dumps([openai.FineTune.retrieve(job.id), events]))
"""
    )
    assert job["status"] == "succeeded"
    assert streamed == [event["message"] for event in job["events"]]
    assert streamed[0] == f"Created fine-tune: {job['id']}"
    assert streamed[-1] == "Fine-tune succeeded"
    assert job["fine_tuned_model"].startswith("ada:ft-personal:library-")


def test_jobs_are_listed_oldest_first_without_their_events(legacy: Legacy, trained: dict[str, Any]) -> None:
    jobs = legacy.python("print(json.dumps(openai.FineTune.list()))")["data"]
    assert trained["id"] in [job["id"] for job in jobs]
    assert all("events" not in job for job in jobs)
    assert [job["created_at"] for job in jobs] == sorted(job["created_at"] for job in jobs)


def test_a_fine_tune_in_the_queue_is_cancelled_and_deleted(legacy: Legacy) -> None:
    cancelled, events, deleted = legacy.python(
        """
file = openai.File.create(file=open("train.jsonl", "rb"), purpose="fine-tune")
first = openai.FineTune.create(training_file=file.id, model="ada", n_epochs=50)
second = openai.FineTune.create(training_file=file.id, model="ada")
cancelled = openai.FineTune.cancel(second.id)
openai.FineTune.cancel(first.id)
events = openai.FineTune.list_events(second.id)
deleted = openai.FineTune.delete(second.id)
print(json.dumps([cancelled, events, deleted]))
"""
    )
    assert cancelled["status"] == "cancelled"
    assert events["data"][-1]["message"] == "Fine-tune cancelled"
    assert deleted["deleted"] is True


def test_a_model_answers_plain_and_streamed_alike(legacy: Legacy, trained: dict[str, Any]) -> None:
    plain, streamed = legacy.python(
        """
question = dict(model=sys.argv[1], prompt="the film was great ->", max_tokens=3, temperature=0)
plain = openai.Completion.create(**question, logprobs=2)
pieces = list(openai.Completion.create(**question, stream=True))
print(json.dumps([plain, "".join(piece.choices[0].text for piece in pieces)]))
""",
        trained["fine_tuned_model"],
    )
    assert plain["choices"][0]["text"] == streamed
    assert plain["object"] == "text_completion"
    assert plain["usage"]["total_tokens"] == plain["usage"]["prompt_tokens"] + plain["usage"]["completion_tokens"]


def test_the_older_engine_keyword_still_works(legacy: Legacy) -> None:
    answer = legacy.python("print(json.dumps(openai.Completion.create(engine='ada', prompt='a', max_tokens=1)))")
    assert answer["model"] == "ada"


def test_a_model_is_listed_retrieved_and_deleted(legacy: Legacy) -> None:
    told = legacy.python(
        """
file = openai.File.create(file=open("train.jsonl", "rb"), purpose="fine-tune")
job = openai.FineTune.create(training_file=file.id, model="ada", n_epochs=1, suffix="to delete")
list(openai.FineTune.stream_events(job.id))
name = openai.FineTune.retrieve(job.id).fine_tuned_model
listed = name in [model.id for model in openai.Model.list().data]
same = openai.Model.retrieve(name).id == name
gone = openai.Model.delete(name)
left = name in [model.id for model in openai.Model.list().data]
print(json.dumps([name, listed, same, gone, left]))
"""
    )
    name, listed, same, gone, left = told
    assert (listed, same, left) == (True, True, False)
    assert gone == {"id": name, "object": "model", "deleted": True}


@pytest.mark.parametrize(
    ("call", "error"),
    [
        ("openai.File.retrieve('file-none')", "InvalidRequestError"),
        ("openai.FineTune.retrieve('ft-none')", "InvalidRequestError"),
        ("openai.FineTune.create(training_file='file-none')", "InvalidRequestError"),
        ("openai.Completion.create(model='none', prompt='a')", "InvalidRequestError"),
        ("openai.Model.list(api_key='sk-wrong')", "AuthenticationError"),
        ("openai.Model.delete('ada', api_key='sk-member-key')", "PermissionError"),
    ],
)
def test_a_refusal_is_the_error_class_that_old_code_catches(legacy: Legacy, call: str, error: str) -> None:
    code = f"""
try:
    {call}
except openai.error.OpenAIError as problem:
    print(json.dumps(type(problem).__name__))
"""
    assert legacy.python(code) == error
