"""What runs: the server with its parts, the worker, and the doctor that checks both."""
