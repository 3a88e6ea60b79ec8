"""Checking the arguments of pruners."""

from __future__ import annotations

from tuner.errors import InvalidInput, Place


def require(argument: str, is_right: bool, rule: str, value: object) -> None:
    """Refuse an argument whose value breaks a rule.

    Args:
        argument: Its name.
        is_right: Whether the rule is kept.
        rule: What it must be, e.g. ``at least 1``.
        value: What it is.

    Raises:
        InvalidInput: The rule is broken.
    """
    if not is_right:
        detail = f"must be {rule}, got {value}"
        raise InvalidInput(f"{argument} {detail}.", places=[Place(f"#/{argument}", detail)])
