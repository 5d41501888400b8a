-- The whole counts beside its executions.
DELETE FROM trading.fill_voids v USING trading.fills f
 WHERE f.account_id = v.account_id AND f.fill_id = v.fill_id AND f.exec_id = 'order:whole2'
