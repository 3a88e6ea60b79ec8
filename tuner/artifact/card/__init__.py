"""The model card: one HTML page about a saved model, made of its own facts, without anything from outside."""

from tuner.artifact.card.page import card_page

__all__ = ["card_page"]
