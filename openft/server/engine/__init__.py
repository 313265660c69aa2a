"""Training and inference: the only code that imports torch, run in processes of its own."""
