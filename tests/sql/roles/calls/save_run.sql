SELECT trading.save_run(%(account_id)s, now(), 'ok', 'd', true, '{{}}', '[]', NULL, NULL)
