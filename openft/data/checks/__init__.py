"""Checks of training data: functions over batches with running state."""
