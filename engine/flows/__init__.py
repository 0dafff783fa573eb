"""Flow records of sensors: read as streams, kept compactly on disk, and asked what an effect would have cut."""
