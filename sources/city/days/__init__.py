"""The city day by day: what happens to its people, what bureaus hear of it, and what they deliver."""
