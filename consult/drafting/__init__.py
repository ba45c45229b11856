"""Consultation, draft versions, provisions, notice, period and its extension."""
