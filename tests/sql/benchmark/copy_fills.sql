COPY trading.fills TO STDOUT
