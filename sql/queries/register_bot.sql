SELECT trading.register_bot(%(bot_id)s::text, %(account)s::text, %(venue)s::text, %(environment)s::text,
                            %(default_account)s::text) AS account_id
