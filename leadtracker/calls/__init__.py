"""The second road: what the PBX sends becomes calls, and the agent is told who calls."""
