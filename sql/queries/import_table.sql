-- The table as text, in the order in which it is stored.
COPY (SELECT {columns} FROM {table}) TO STDOUT (FORMAT csv)
