"""Granularity internal: the monitor is explored, and the primitives are proved on it."""
