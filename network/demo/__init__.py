"""The demo: a seeded network with a shop, a blog and an extension to click through by hand."""
