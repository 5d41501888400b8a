COPY plain FROM STDIN (FORMAT binary)
