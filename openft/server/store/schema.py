"""The tables; `VERSION` counts their changes."""

from __future__ import annotations

from sqlalchemy import JSON, Column, Float, Index, Integer, MetaData, String, Table, Text, UniqueConstraint

VERSION = 1

metadata: MetaData = MetaData()

files: Table = Table(
    "files",
    metadata,
    Column("number", Integer, primary_key=True),  # the order of creation; two can share a second
    Column("id", String, nullable=False, unique=True),
    Column("bytes", Integer, nullable=False),
    Column("created_at", Integer, nullable=False),
    Column("filename", String, nullable=False),
    Column("purpose", String, nullable=False),
    Column("sha256", String, nullable=False),
    Column("rows", Integer),
    Column("kind", String),
    Column("deleted_at", Integer),  # the row stays: records of old jobs show it
)

jobs: Table = Table(
    "jobs",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("stem", String, nullable=False, unique=True),
    Column("wire", String, nullable=False),  # whose style the model's name has
    Column("created_at", Integer, nullable=False),
    Column("updated_at", Integer, nullable=False),
    Column("finished_at", Integer),
    Column("status", String, nullable=False, index=True),
    Column("model", String, nullable=False),
    Column("base", String, nullable=False),
    Column("suffix", String),
    Column("training_file", String, nullable=False),
    Column("validation_file", String),
    Column("hyperparameters", JSON, nullable=False),
    Column("seed", Integer, nullable=False),
    Column("cost", Float, nullable=False),
    Column("queue_number", Integer, nullable=False),
    Column("failures", Integer, nullable=False),  # attempts in a row that ended without progress
    Column("fine_tuned_model", String),
    Column("result_file", String),
    Column("trained_tokens", Integer),
    Column("error_code", String),
    Column("error_message", Text),
    Column("error_param", String),
)

models: Table = Table(
    "models",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("name", String, nullable=False, unique=True),
    Column("base", String, nullable=False),
    Column("job", String, nullable=False, unique=True),  # its folder has the weights
    Column("created_at", Integer, nullable=False),
    Column("deleted_at", Integer),  # the row stays: a name is never given twice
)

events: Table = Table(
    "events",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("job", String, nullable=False),
    Column("key", String, nullable=False),
    Column("position", Integer),  # among the job's messages, from 1; none for metrics
    Column("created_at", Integer, nullable=False),
    Column("level", String, nullable=False),
    Column("type", String, nullable=False),
    Column("message", Text, nullable=False),
    Column("step", Integer),
    Column("data", JSON(none_as_null=True)),
    UniqueConstraint("job", "key"),
    Index("events_by_position", "job", "position", unique=True),
)

answers: Table = Table(
    "answers",
    metadata,
    Column("owner", String, primary_key=True),
    Column("key", String, primary_key=True),
    Column("fingerprint", String, nullable=False),
    Column("body", JSON, nullable=False),
    Column("created_at", Integer, nullable=False, index=True),
)
