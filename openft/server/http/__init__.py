"""HTTP as the server speaks it: raw paths, forms, event streams, and errors of four keys."""
