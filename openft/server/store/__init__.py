"""What is kept: files, jobs, models, events; the only SQL."""
