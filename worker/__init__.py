"""The worker service: claims trials from a server and trains them."""
