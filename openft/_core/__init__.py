"""The protocol without I/O: requests as values, answers to values, retries, events; shared by both faces."""
