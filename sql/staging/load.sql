INSERT INTO staged
SELECT n, origin, line, exec_time, seq, position_idx, is_maker, bot_id, category, symbol,
       exec_id, order_id, client_order_id, side, exec_type, exec_price, exec_qty, commission, commission_asset,
       close_reason, row_id, named_bot
  FROM batch
