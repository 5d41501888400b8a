SELECT v.reason, f.exec_type FROM trading.fill_voids v JOIN trading.fills f USING (account_id, fill_id)
