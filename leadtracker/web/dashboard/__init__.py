"""The pages that people see after the login."""
