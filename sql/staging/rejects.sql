SELECT origin, line, field, value, reason FROM rejected ORDER BY origin, line
