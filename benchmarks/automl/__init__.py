"""What automatic models reach on tables within seconds, beside what their peers reach."""
