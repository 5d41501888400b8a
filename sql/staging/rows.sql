SELECT * FROM fills WHERE rowid >= $first AND rowid < $stop ORDER BY rowid
