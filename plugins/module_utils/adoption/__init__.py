"""Adopt a Django project that somebody set up on a server by hand: what is there, and what to do with it."""
