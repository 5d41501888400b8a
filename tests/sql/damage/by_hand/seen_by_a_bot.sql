-- Its own books are verified; rows outside of books are not its business.
UPDATE trading.lots SET book_id = book_id + 1;
CREATE ROLE damage_bot LOGIN;
GRANT ledger_bot TO damage_bot;
UPDATE trading.bots SET login_role = 'damage_bot' WHERE bot_id = 'busy1';
SET LOCAL SESSION AUTHORIZATION damage_bot
