DELETE FROM rejected WHERE at_booking;
DELETE FROM ledger_order;
DELETE FROM ledger_whole;
