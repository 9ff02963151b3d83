"""Explorers that are broken on purpose: the tests of the search must notice each of them."""
