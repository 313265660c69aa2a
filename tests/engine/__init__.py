"""Tests of training and inference, with real weights."""
