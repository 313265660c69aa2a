"""What one request may ask for is bounded, and nothing stored can break an answer."""

from __future__ import annotations

import pytest

from openft.server.http.rendering import JsonAnswer
from openft.server.http.sse import frame
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
