GRANT {alice} TO {bob}
