"""Bringing the past in: files, tables and exchanges of old become the ledger's own journal, lots and trades."""
