"""The host for Flyte 1 and Flyte 2."""
