SELECT DISTINCT trading.register_bot(u.bot_id, %(account)s::text, %(venue)s::text, %(environment)s::text,
                                     %(default_account)s::text) AS account_id
  FROM unnest(%(bots)s::text[]) AS u (bot_id)
