"""Families that forecast time series, one file each, and what they share."""
