"""Live figures: files that run alone. They lie here and not in `film`, since they are the app's canvas, answered by a
script instead of Python, and films do not know the app."""
