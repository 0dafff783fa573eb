"""`dns.header_autoencoder`: finds what is not DNS on port 53 by the first eight bytes of each message."""
