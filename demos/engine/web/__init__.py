"""The Streamlit app."""

ALONE = ("localhost", "127.0.0.1", "::1")  # addresses of a server that only its own machine reaches
