SET LOCAL check_function_bodies = off
