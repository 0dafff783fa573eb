"""The Linux firewall: blocks in a table of our own, by the nft command, here or in a network namespace."""
