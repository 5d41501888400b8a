INSERT INTO rejected SELECT origin, line, field, value, reason, $at_booking FROM refused
