WITH decided AS (
    UPDATE trading.quarantined_executions SET decision = 'ignore', decided_at = now() - interval '3651 days' RETURNING 1)
UPDATE trading.orders SET updated_at = now() - interval '3651 days' RETURNING order_id
