"""What one request may ask for is bounded, and nothing stored can break an answer."""

from __future__ import annotations

import time

import pytest

from openft.server.http.rendering import JsonAnswer
from openft.server.http.sse import frame
from server.asking import complete
from server.running import Running, error_of


@pytest.mark.parametrize("betas", ["[1e999]", "[0]", "[-1]", "[1001]", "[1, 2, 1]", "[1, 1.0]", "[]", '["a"]'])
def test_a_beta_that_is_no_use_is_refused_and_leaves_no_job(server: Running, betas: str) -> None:
    body = f'{{"training_file": "{server.upload()}", "classification_betas": {betas}}}'
    answer = server.http.post("/fine-tunes", content=body)
    assert answer.status_code == 400
    assert error_of(answer)["param"] == "classification_betas"
    assert server.http.get("/fine-tunes").json()["data"] == []


def test_a_repeated_beta_is_told(server: Running) -> None:
    answer = server.http.post("/fine-tunes", json={"training_file": "file-x", "classification_betas": [2, 1.5, 2]})
    assert error_of(answer)["message"] == "classification_betas: each beta may be there once, not [2, 1.5, 2]"


@pytest.mark.parametrize("value", [float("inf"), float("-inf"), float("nan")])
def test_a_float_that_json_has_not_is_null(value: float) -> None:
    assert JsonAnswer({"a": [value]}).body == b'{"a":[null]}'
    assert frame({"a": value}) == b'data: {"a":null}\n\n'


BIG = 300_000


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ('{"model":"ada","prompt":[' + "[],1," * BIG + '"a"]}', "prompt"),
        ('{"model":"ada","prompt":[' + "[1]," * 1024 + "[1]]}", "prompt"),
        ('{"model":"ada","prompt":[1,' + '"a",' * BIG + "1]}", "prompt"),
        ('{"model":"ada","prompt":[' + "1," * 1_000_000 + "1]}", "prompt"),
        ('{"model":"ada","stop":[' + "1," * BIG + "1]}", "stop"),
        ('{"model":"ada","logit_bias":{' + ",".join(f'"{i}":""' for i in range(BIG)) + "}}", "logit_bias"),
        ("{" + ",".join(f'"k{i}":0' for i in range(BIG)) + "}", "k0"),
    ],
    ids=["mixed", "lists", "late", "ids", "stop", "bias", "keys"],
)
def test_a_large_wrong_body_is_refused_at_once(server: Running, body: str, param: str) -> None:
    began = time.monotonic()
    answer = server.http.post("/completions", content=body)
    assert answer.status_code == 400
    assert error_of(answer)["param"] == param
    assert time.monotonic() - began < 15


def test_a_large_body_is_answered(server: Running) -> None:
    prompt = list(range(50_000))
    assert complete(server, prompt=prompt).json()["choices"][0]["text"] == " ".join(map(str, prompt))
