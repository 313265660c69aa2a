"""Files of rows in any format, encoding and container, as batches of rows with their lines."""
