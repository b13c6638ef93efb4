"""Open-source trackers beside this one: each as its makers tell to run it, in a folder of its own
that is thrown away. Nothing of theirs is kept here."""
