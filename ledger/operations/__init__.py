"""What a client can do, written once for the blocking and the awaiting client."""
