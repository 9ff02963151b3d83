"""Memoised exploration: which programs it may carry, and that it then finds the same."""
