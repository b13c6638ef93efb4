"""Passwords of tests: hashed as everywhere, but in one round instead of a million."""

from django.contrib.auth.hashers import PBKDF2PasswordHasher


class OneRound(PBKDF2PasswordHasher):
    """Half a second cheaper. Processes of their own, which hash in full, can check it as well."""

    iterations = 1
