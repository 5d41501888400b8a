DROP FUNCTION trading.verify_book(integer, integer)
