"""Mistakes put by machine into the modules that a proof rests on: each is found, or explained."""
