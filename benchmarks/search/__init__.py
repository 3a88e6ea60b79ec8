"""What samplers find, on problems whose best values are known, beside what their peers find."""
