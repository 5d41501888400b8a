"""What a person decides about executions that could not be applied."""
