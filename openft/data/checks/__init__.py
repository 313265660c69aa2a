"""Checks of prompt/completion data: functions over batches with running state."""
