INSERT INTO rejected
SELECT origin, line, differs[1], NULL,
       format('execution {} stands in {} line {} with another {}', exec_id, first_origin, first_line,
              list_aggregate(differs, 'string_agg', ', ')), false
  FROM judged WHERE verdict = 'conflict'
