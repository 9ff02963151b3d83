"""Random programs, explored and enumerated: two accounts of the same program must agree."""
