"""What others bring: found by entry point, admitted by the digest of their bytes, loaded from those bytes alone."""
