"""Randomness for pauses and delays."""

from __future__ import annotations

import random

JITTER = random.SystemRandom()
"""Of the system: a program that seeds Python's generator, or forks, must not make many clients pause equally long, and
what it draws itself must not depend on how often some thread of ours has paused."""
