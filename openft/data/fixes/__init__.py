"""Fixes of prompt/completion data: functions from batches to batches."""
