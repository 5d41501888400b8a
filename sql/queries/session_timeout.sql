SELECT set_config('statement_timeout', %(milliseconds)s, false)
