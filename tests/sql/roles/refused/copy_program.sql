COPY trading.fills TO PROGRAM 'true'
