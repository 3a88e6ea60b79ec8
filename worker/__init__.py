"""The worker service: trains for a server what the server has no hands for."""
