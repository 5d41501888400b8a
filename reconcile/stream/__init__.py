"""The account's stream, booked as it comes."""
