"""What waits differently on threads and on event loops: one hand-written pair with equal names."""
