"""Right models with a mistake put in by machine, each of which must be found or explained."""
