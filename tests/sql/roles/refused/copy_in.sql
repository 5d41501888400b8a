COPY trading.fills FROM STDIN
