SELECT (SELECT count(*) FROM trading.fills) AS fills, (SELECT count(*) FROM bare) AS bare,
       (SELECT count(*) FROM trading.books) AS books
