"""Fixes of training data: functions from batches to batches."""
