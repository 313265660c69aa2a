"""One file per resource: parse, call the store, shape, answer."""
