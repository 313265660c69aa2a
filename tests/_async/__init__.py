"""Tests of the client on event loops, written by hand; the source of _sync."""
