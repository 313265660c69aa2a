# Every target makes the environments it needs; nothing has to be set up before.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
PIP := -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

.PHONY: quickstart test check-slow bench format clean

## The whole life cycle on an embedded server: check, upload, train, follow, evaluate, use, delete.
quickstart: .venv/server
	$(BIN)/openft quickstart

## All checks: generated code, format, lint, types, tests with coverage.
test: .venv/dev .venv-legacy/ready .venv-base/ready
	$(BIN)/python scripts/unasync.py --check
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .
	$(BIN)/mypy
	$(BIN)/pyright --pythonpath $(BIN)/python
	$(BIN)/python -m pytest -n 4 --dist loadscope -m "not slow" --cov --cov-report=term --cov-fail-under=100

## What takes longer: many kills, long training, notebooks, every interpreter that is here.
check-slow: .venv/dev .venv-legacy/ready .venv-base/ready .venv-notebook/ready
	$(BIN)/python -m pytest -m slow --timeout 1800
	$(BIN)/python scripts/interpreters.py

## Figures beside those of named peers; make bench TASKS="sms reviews" needs the real texts.
TASKS ?= dates support
bench: .venv/dev .venv-base/ready .venv-data/ready
	$(BIN)/python tests/benchmarks/bench_import.py
	$(BIN)/python tests/benchmarks/bench_requests.py
	$(BIN)/python tests/benchmarks/bench_upload.py
	$(BIN)/python tests/benchmarks/bench_parse.py
	$(BIN)/python tests/benchmarks/bench_await.py
	$(BIN)/python tests/benchmarks/bench_data.py
	$(BIN)/python tests/benchmarks/bench_generate.py
	$(BIN)/python tests/benchmarks/bench_train.py $(TASKS)

format: .venv/dev
	$(BIN)/python scripts/unasync.py
	$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format --quiet .

clean:
	rm -rf .venv .venv-legacy .venv-base .venv-data .venv-notebook .venv-python* .mypy_cache .pytest_cache .ruff_cache .hypothesis .coverage

.venv/server: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python $(PIP) --editable ".[server]"
	@touch $@

.venv/dev: .venv/server
	$(BIN)/python $(PIP) --editable ".[server,dev]"
	@touch $@

# The last client that spoke the 2023 API, unmodified, in an environment of its own.
.venv-legacy/ready: constraints.txt
	$(PYTHON) -m venv .venv-legacy
	.venv-legacy/bin/python $(PIP) openai==0.28.1
	@touch $@

# The base install alone, beside today's official client.
.venv-base/ready: constraints.txt pyproject.toml
	$(PYTHON) -m venv .venv-base
	.venv-base/bin/python $(PIP) --editable . openai==3.54.0
	@touch $@

# The old tool that prepared data, with what it needs, and the data frames that reading is measured by.
.venv-data/ready: constraints.txt
	$(PYTHON) -m venv .venv-data
	.venv-data/bin/python $(PIP) openai==0.28.1 numpy pandas pandas-stubs openpyxl polars
	@touch $@

# The base install alone, with Jupyter's kernel and what runs notebooks.
.venv-notebook/ready: constraints.txt pyproject.toml
	$(PYTHON) -m venv .venv-notebook
	.venv-notebook/bin/python $(PIP) --editable . ipykernel nbclient
	@touch $@
