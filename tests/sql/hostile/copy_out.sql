COPY (TABLE trading.{relation}) TO STDOUT
