SELECT count(*) AS fills, (SELECT count(*) FROM trading.lots) AS lots,
       (SELECT count(*) FROM trading.completed_trades) AS trades, (SELECT count(*) FROM trading.books) AS books,
       (SELECT count(*) FROM trading.book_rebuilds) AS rebuilds
  FROM trading.fills
