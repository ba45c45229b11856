"""Word goes out: news to subscribers, decisions to who left an address. The letters are sent by the job ``mail``."""

from __future__ import annotations

from consult.faces.jobs import Job
from consult.subscriptions import decision_letters, evaluation_letters, news

JOBS = (
    Job("news", news.announce),
    Job("decision-letters", decision_letters.queue, every_minutes=5),
    Job("evaluation-letters", evaluation_letters.queue, every_minutes=5),
)
