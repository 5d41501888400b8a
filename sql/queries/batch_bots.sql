-- Whose the executions of a batch may be: which of the names in it are bots, and to whom its orders are known to belong.
SELECT trading.known_bots(%(account_id)s::integer, %(bot_id)s::text, %(names)s::text[]) AS bots,
       trading.order_owners(%(account_id)s::integer, %(bot_id)s::text, %(categories)s::text[], %(orders)s::text[])
           AS owners
