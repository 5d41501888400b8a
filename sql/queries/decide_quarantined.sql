SELECT trading.decide_quarantined(
    %(account_id)s::integer, %(category)s::text, %(exec_id)s::text, %(decision)s::text, %(note)s::text, %(bot_id)s::text,
    %(fill)s::json, %(dry_run)s::boolean, %(announced)s::text[]) AS result
