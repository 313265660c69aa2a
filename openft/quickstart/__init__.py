"""The whole life cycle as one story, told with the public face only."""
