"""``flask jobs``: look at periodic work, or do it now."""

from __future__ import annotations

import click

from consult.accounts.errors import Refused
from consult.clock import local, now
from consult.faces import jobs
from consult.faces.cli.console import command_group, refuse, show
from consult.faces.jobs import progress
from consult.faces.jobs.states import job_state

jobs_cli = command_group("jobs")


@jobs_cli.command("list", help="列出定时任务、间隔和最近一次运行情况。")
def list_jobs(as_json: bool) -> None:
    """Print every job, how often it looks, and how it last went."""
    rows, lines = [], []
    for job in jobs.known().values():
        note = progress.read(job.name)
        last = f"{local(note.ran_at):%Y-%m-%d %H:%M:%S}" if note else "尚未运行"
        state = job_state(job).in_words(now())
        lines.append(f"{job.name}\t每 {job.every_minutes} 分钟\t{last}\t{state}")
        rows.append(
            {
                "job": job.name,
                "every_minutes": job.every_minutes,
                "ran_at": note.ran_at.isoformat() if note else None,
                "succeeded_at": note.succeeded_at.isoformat() if note and note.succeeded_at else None,
                "done": note.done if note else None,
                "error": note.error if note else None,
                "late": job_state(job).is_late(now()),
            }
        )
    show({"jobs": rows}, "\n".join(lines), as_json)


@jobs_cli.command("run-once", help="立即运行全部或者指定的任务，报告办理数量。")
@click.argument("names", nargs=-1, metavar="[JOB]…", help="任务的名称，见 flask jobs list。")
def run_once(names: tuple[str, ...], as_json: bool) -> None:
    """Run every job once, or those named, and print how much each did."""
    known = jobs.known()
    unknown = [name for name in names if name not in known]
    if unknown:
        raise Refused(f"没有“{unknown[0]}”这个任务，可以运行：{'、'.join(known)}。")
    done: dict[str, int | None] = {}
    failed: dict[str, str] = {}
    for name in names or known:
        try:
            done[name] = jobs.run(name)
        except jobs.JobTrouble as trouble:
            done[name], failed[name] = trouble.done, str(trouble)
        except Refused as refusal:
            done[name], failed[name] = 0, str(refusal)
    lines = [f"{name}\t{'正在其他进程中运行' if n is None else n}" for name, n in done.items()]
    show({"done": done, "failed": failed}, "\n".join(lines), as_json)
    if failed:
        refuse("\n".join(f"{name} 没有完成：{why}" for name, why in failed.items()))
