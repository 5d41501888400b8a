UPDATE compared SET exec_price = w.exec_price, exec_qty = w.exec_qty, commission = w.commission, parts = w.parts
  FROM whole w
 WHERE compared.category = w.category AND compared.exec_id = w.exec_id AND compared.verdict = 'counts'
