"""What every action on every connector has to keep, for what ships and for what others bring."""
