SELECT set_config('statement_timeout', '60s', true)
