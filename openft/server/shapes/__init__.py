"""Stored records to wire objects: the only code that knows a wire's shape."""
