"""Trades that an earlier system booked: importing them beside the ledger's, and saying where they were wrong."""
