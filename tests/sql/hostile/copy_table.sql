COPY trading.{relation} TO STDOUT
