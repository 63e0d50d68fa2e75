"""What happened: the SQL database. SQL is written here and in `reports/` only."""
