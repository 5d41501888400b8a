CREATE TABLE public.greedy (price numeric CHECK (trading.half_even(price, 1) > 0))
