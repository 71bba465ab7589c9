"""Entry of the Streamlit app: `goalmisgen app`, or `streamlit run app.py`. Navigation only."""

from demos.engine.show.web.pages import run_app

run_app()
