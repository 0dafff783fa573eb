"""Matrix: cards as notices, answers as messages that name the digest, nothing but the client-server API."""
