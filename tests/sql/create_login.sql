CREATE ROLE {role} LOGIN PASSWORD 'only-for-a-test'
