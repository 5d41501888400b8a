SET ROLE {alice}
