"""openft: the open home of the fine-tuning job API."""
