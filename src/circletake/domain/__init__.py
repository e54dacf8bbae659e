"""Frozen values, one file a noun, and the Protocols that several departments share (`ports`)."""
