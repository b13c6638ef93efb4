"""Speed, measured: always as a ratio within one run, because machines and their load differ."""

BARE_HOST = "bare.localhost"
