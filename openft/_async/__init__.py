"""The I/O face on event loops, written by hand; the source of _sync."""
