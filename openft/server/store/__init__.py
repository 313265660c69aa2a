"""What is kept: files, jobs, models, events, answers; the only SQL."""
