SET row_security = on
