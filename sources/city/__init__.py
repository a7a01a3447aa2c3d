"""The simulated city: true people, what bureaus write about them, the errors in it, and the truth beside."""
