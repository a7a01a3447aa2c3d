"""How long each step takes, as a ratio to units measured in the same run: the read floor and Splink alone."""
