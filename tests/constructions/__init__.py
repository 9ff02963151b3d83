"""The chapter's constructions, held to what the house's own primitives mean."""
