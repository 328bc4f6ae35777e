"""The HTTP API: what the service answers, and the administration of the emulator."""
