"""The loopback provider: a fake paid video provider, a process of its own with a ledger of what it charged."""
