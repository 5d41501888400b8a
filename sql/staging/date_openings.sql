INSERT OR REPLACE INTO dated_opening SELECT category, exec_id, exec_time, refused FROM dated
