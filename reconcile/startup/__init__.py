"""The reconciler: what happened while nobody looked, booked at its real prices, and proof that both sides agree."""
