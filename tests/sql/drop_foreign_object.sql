DROP TABLE public.greedy
