"""What runs are: their specifications, states, attempts and repairs."""
