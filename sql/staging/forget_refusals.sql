DELETE FROM rejected WHERE at_booking
