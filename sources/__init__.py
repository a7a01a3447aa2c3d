"""From the bureaus' files to the raw zone: contracts, readers, landing, state, and the warehouse they meet in."""
