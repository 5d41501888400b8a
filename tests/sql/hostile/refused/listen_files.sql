SELECT setting FROM pg_file_settings
