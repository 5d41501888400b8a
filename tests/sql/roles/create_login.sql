CREATE ROLE {role} LOGIN PASSWORD 'of-a-test'
