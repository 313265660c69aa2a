"""Everything that can go wrong between a client and a server, over real sockets; each case is a value."""
