COPY trading.fills TO '/tmp/fifoledger_hostile'
