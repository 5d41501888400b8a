COPY trading.fills FROM '/etc/hostname'
