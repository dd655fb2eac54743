"""An independent verifier of headlock's locks, written from docs/ and wit/ alone."""
