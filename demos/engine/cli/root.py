"""The application that the commands join."""

import typer

app = typer.Typer(
    name="goalmisgen",
    help="See goal misgeneralization: trained agents that are still skilful, and get the wrong goal.\n\n"
    "Start with: goalmisgen app",
    no_args_is_help=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
level_app = typer.Typer(help="Print, check or convert a level.", rich_markup_mode=None)
app.add_typer(level_app, name="level")


@app.callback(invoke_without_command=True)
def root(context: typer.Context) -> None:
    """See goal misgeneralization: trained agents that are still skilful, and get the wrong goal.

    Start with: goalmisgen app
    """
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
