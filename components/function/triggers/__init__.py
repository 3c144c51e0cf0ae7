"""What may call a function: one module a kind."""
