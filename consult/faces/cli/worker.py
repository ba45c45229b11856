"""``flask worker``: the process that does periodic work."""

from __future__ import annotations

import click
from flask import current_app

from consult.faces.cli.console import command_group
from consult.start import check_start

worker_cli = command_group("worker")


@worker_cli.command("run", help="运行后台任务，直到停止；随时停止不丢失数据。")
@click.option("--threads", type=click.IntRange(1, 32), default=2, show_default=True, help="同时运行的任务数。")
def run(threads: int) -> None:
    """Run the worker until it is stopped. Stopping or killing it at any moment loses nothing."""
    from consult.faces.worker import consumer

    check_start()
    application = current_app._get_current_object()  # type: ignore[attr-defined]
    click.echo("后台任务已启动。按 Ctrl-C 停止。", err=True)
    consumer(application, threads).run()
