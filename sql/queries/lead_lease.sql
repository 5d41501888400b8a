-- A leader that says nothing for so long, dead or frozen, leads no more.
SELECT set_config('statement_timeout', %(milliseconds)s, true),
       set_config('idle_in_transaction_session_timeout', %(milliseconds)s, true)
