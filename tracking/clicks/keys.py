"""The token keys of this installation."""

from django.conf import settings

from tracking.rule.tokens import Keys

KEYS = Keys(by_id=settings.TOKEN_KEYS, signing=settings.TOKEN_SIGNING_KEY)
