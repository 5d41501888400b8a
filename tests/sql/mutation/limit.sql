SELECT set_config('statement_timeout', '20s', true)
