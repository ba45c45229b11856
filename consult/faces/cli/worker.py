"""``flask worker``: the process that does periodic work."""

from __future__ import annotations

import logging

import click
from flask import current_app
from flask.cli import AppGroup

from consult.faces.cli.console import refusals

worker_cli = AppGroup("worker", help="Periodic work.")


@worker_cli.command("run")
@click.option("--threads", type=click.IntRange(1, 32), default=2, show_default=True, help="Jobs at once.")
@refusals
def run(threads: int) -> None:
    """Run the worker until it is stopped. Stopping or killing it at any moment loses nothing."""
    from consult.faces.worker import consumer

    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s %(message)s")
    application = current_app._get_current_object()  # type: ignore[attr-defined]
    click.echo("后台任务已启动。按 Ctrl-C 停止。", err=True)
    consumer(application, threads).run()
