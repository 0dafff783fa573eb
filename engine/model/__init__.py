"""The vocabulary: frozen models, one file per stage of the path; pure."""
