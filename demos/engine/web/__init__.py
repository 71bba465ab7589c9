"""The Streamlit app."""

ALONE = ("localhost", "127.0.0.1", "::1")  # addresses of a server that only its own machine reaches

SETTINGS = {  # of the server, by Streamlit's names; .streamlit/config.toml says the same for `streamlit run app.py`
    "server.maxUploadSize": 1,  # MB, as the two that follow
    "server.maxMessageSize": 10,
    "server.maxWidgetStateSize": 2,
    "server.fileWatcherType": "none",  # it would walk a virtual environment inside the checkout for ever
    "runner.postScriptGC": "false",  # a whole collection after each answer is half of what an edit costs
    "browser.gatherUsageStats": "false",
}
