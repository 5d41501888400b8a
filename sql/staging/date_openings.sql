UPDATE judged SET exec_time = dated.exec_time, verdict = CASE WHEN dated.refused THEN 'refused' ELSE verdict END
  FROM dated
 WHERE judged.category = dated.category AND judged.exec_id = dated.exec_id AND judged.verdict = 'counts'
