"""Exact numbers: what the explorer counts against what brute force and arithmetic say."""
