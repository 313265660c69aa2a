"""The answers to deleting something."""

from __future__ import annotations

from openft.types._answer import Answer


class FileDeleted(Answer):
    """The answer to deleting a file."""

    id: str
    object: str = "file"
    deleted: bool


class FineTuneDeleted(Answer):
    """The answer to deleting a fine-tune."""

    id: str
    object: str = "fine-tune"
    deleted: bool


class CheckpointPermissionDeleted(Answer):
    """The answer to taking a permission back."""

    id: str
    object: str = "checkpoint.permission"
    deleted: bool


class ModelDeleted(Answer):
    """The answer to deleting a model."""

    id: str
    object: str = "model"
    deleted: bool
