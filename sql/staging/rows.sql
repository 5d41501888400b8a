SELECT * EXCLUDE (k) FROM fills WHERE k >= $first AND k < $stop ORDER BY k
