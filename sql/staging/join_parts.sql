UPDATE judged SET exec_price = w.exec_price, exec_qty = w.exec_qty, commission = w.commission, parts = w.parts
  FROM whole w
 WHERE judged.category = w.category AND judged.exec_id = w.exec_id AND judged.verdict = 'counts'
