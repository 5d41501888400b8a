SELECT set_config('plan_cache_mode', %(mode)s, false), set_config('jit', 'off', false)
