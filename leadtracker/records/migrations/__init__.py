"""The schema, step by step; `leadtracker migrate` applies what is missing."""
