"""Options of a running server: what set-parameter and replica-read-only are made of."""
