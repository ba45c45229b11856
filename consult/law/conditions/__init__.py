"""The conditions that rows of the rule file name by `test`: pure functions of the facts and the rules."""

from consult.law.conditions import document, heard, notice, opinions, reviews
from consult.law.conditions.finding import CONDITIONS, Finding, State

__all__ = ["CONDITIONS", "Finding", "State", "document", "heard", "notice", "opinions", "reviews"]
