"""Entry of the Streamlit app: `goalmisgen app`, or `streamlit run app.py`. Navigation only."""

from goalmisgen.engine.web.app import run_app

run_app()
