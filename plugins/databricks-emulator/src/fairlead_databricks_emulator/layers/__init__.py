"""What a request goes through before the API sees it: the fault layer, then the sign-in layer."""
