"""The command line: parse, call, print. No business rules."""
