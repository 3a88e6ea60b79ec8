"""The HTTP service: thin routers over ``tuner.engine``."""
