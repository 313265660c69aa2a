"""The `openft` command: parse, call, display, exit code."""
