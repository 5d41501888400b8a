"""What is done to books beside the fills that bots write, step by step, straight in the database.

Each scenario says what must come of it: which fills count then, and what is refused. The tests play all of them; the
quick checks of `tests.mutation` play them again and compare everything that is answered and stored.
"""
