-- Whatever the server's defaults are, drivers read times in ISO form alone, and UTC has no year 10000 and no year 0.
SELECT set_config('statement_timeout', %(milliseconds)s::text, false), set_config('datestyle', 'ISO', false),
       set_config('timezone', 'UTC', false)
