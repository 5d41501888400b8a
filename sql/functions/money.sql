-- n/d, rounded half-even at 18 decimals. PostgreSQL's own round() rounds half away from zero, and its
-- division is already rounded once; div() and mod() are exact.
CREATE OR REPLACE FUNCTION trading.half_even(n numeric, d numeric) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    scaled    numeric := n * 1000000000000000000;
    quotient  numeric := div(scaled, d);
    remainder numeric := abs(scaled - quotient * d) * 2;
BEGIN
    IF remainder > abs(d) OR (remainder = abs(d) AND mod(quotient, 2) <> 0) THEN
        quotient := quotient + sign(n) * sign(d);
    END IF;
    RETURN trim_scale(quotient * 0.000000000000000001);
END
$$;

-- A price, a quantity or a multiplier of nothing, which no fill is booked with, makes the values below NULL, not an error:
-- whoever proves a damaged book is to be told where it is.
--
-- The functions are not STRICT, though NULL in is NULL out: a CASE is not strict, and only a function
-- whose body is as strict as itself is inlined into its caller. Called as such they would cost 30 times more.

-- What the first x units out of `whole` have of `total`.
CREATE OR REPLACE FUNCTION trading.share_of_first(total numeric, x numeric, whole numeric) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN x = whole THEN total WHEN x = 0 OR total = 0 THEN 0 ELSE trading.half_even(total * x, whole) END
$$;

-- The part of `total` that belongs to the units (a, b] out of `whole`. Rounding the running sum, not the
-- parts, makes the parts of a total add up to it exactly, whatever the cuts.
CREATE OR REPLACE FUNCTION trading.share(total numeric, a numeric, b numeric, whole numeric) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT trading.share_of_first(total, b, whole) - trading.share_of_first(total, a, whole)
$$;

-- Gross P&L of a closed quantity; `side` is the side of the entry. Linear results are exact. Inverse
-- contracts: quantity · multiplier · (1/entry − 1/exit), as one division, in the base coin.
-- https://www.bybit.com/en/help-center/article/Profit-Loss-calculations-Inverse-Contracts
CREATE OR REPLACE FUNCTION trading.gross_pnl(category text, side text, qty numeric, multiplier numeric,
                                             entry numeric, exit numeric) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT (CASE side WHEN 'Buy' THEN 1 ELSE -1 END)
         * (CASE category WHEN 'inverse' THEN trading.half_even(qty * multiplier * (exit - entry), nullif(entry * exit, 0))
                          ELSE (exit - entry) * qty * multiplier END)
$$;

-- Net P&L in percent of the entry value; NULL where the entry cost nothing.
CREATE OR REPLACE FUNCTION trading.pnl_pct(category text, net numeric, qty numeric, multiplier numeric,
                                           entry numeric) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN entry = 0 THEN NULL
                WHEN category = 'inverse' THEN trading.half_even(net * 100 * entry, nullif(qty * multiplier, 0))
                ELSE trading.half_even(net * 100, nullif(entry * qty * multiplier, 0)) END
$$;

-- What an open quantity cost, summed up in books.open_cost: quote currency, exact; for inverse contracts
-- the coin value at 40 decimals, so that the average below is right to its last digit.
CREATE OR REPLACE FUNCTION trading.entry_value(category text, qty numeric, price numeric) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE category WHEN 'inverse' THEN round(round(qty, 40) / nullif(price, 0), 40) ELSE qty * price END
$$;

-- The average entry price of an open quantity: arithmetic, for inverse contracts harmonic.
-- 0 when flat, NULL when the price of a part is unknown.
CREATE OR REPLACE FUNCTION trading.average_price(category text, qty numeric, cost numeric, unpriced numeric)
RETURNS numeric LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN qty = 0 THEN 0 WHEN unpriced <> 0 THEN NULL WHEN cost = 0 THEN 0
                WHEN category = 'inverse' THEN trading.half_even(qty, cost)
                ELSE trading.half_even(cost, qty) END
$$;

-- The same values where a stored one is at hand. To see that a value is the nearest one takes no division, and is several
-- times cheaper than to compute it; where that does not settle it, it is computed.

-- Whether v is nearer to n/d than any other value of 18 decimals.
CREATE OR REPLACE FUNCTION trading.is_nearest(v numeric, n numeric, d numeric) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT scale(v) <= 18 AND abs(n - v * d) * 2000000000000000000 < abs(d)
$$;

-- share(total, a, b, whole); `stored` if that is it.
CREATE OR REPLACE FUNCTION trading.checked_share(stored numeric, total numeric, a numeric, b numeric, whole numeric)
RETURNS numeric LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN a = 0 AND b < whole AND trading.is_nearest(stored, total * b, whole) THEN stored
                WHEN a > 0 AND b = whole AND trading.is_nearest(total - stored, total * a, whole) THEN stored
                ELSE trading.share(total, a, b, whole) END
$$;

-- pnl_pct(category, net, qty, multiplier, entry); `stored` if that is it.
CREATE OR REPLACE FUNCTION trading.checked_pnl_pct(stored numeric, category text, net numeric, qty numeric,
                                                   multiplier numeric, entry numeric) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN category <> 'inverse' AND trading.is_nearest(stored, net * 100, entry * qty * multiplier)
                THEN stored ELSE trading.pnl_pct(category, net, qty, multiplier, entry) END
$$;
