"""Training data: read, check and write it, without a client and without the network."""
