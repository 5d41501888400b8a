SELECT trading.release_booked(%(account_id)s::integer) AS released
