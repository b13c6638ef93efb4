"""Where Django looks for the admin's pages of this app."""

from network.pages.advertisers import admin  # noqa: F401
