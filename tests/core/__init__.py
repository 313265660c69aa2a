"""Tests of what needs no waiting."""
