"""The server: the fine-tuning API on the user's own machine (extra `server`)."""
