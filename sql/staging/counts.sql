SELECT (SELECT count(*) FROM staged) AS staged, (SELECT count(*) FROM rejected) AS rejected,
       (SELECT count(*) FROM judged WHERE verdict = 'repetition') AS repeated,
       (SELECT count(*) FROM judged WHERE verdict = 'part') AS parts
