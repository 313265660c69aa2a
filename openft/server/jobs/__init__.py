"""A job from the request to its end: into the queue, through attempts, to its one transaction."""
