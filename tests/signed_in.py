"""A browser in which a member of staff is signed in; signing in itself has tests of its own."""

from __future__ import annotations

from flask.testing import FlaskClient

from consult.accounts import sessions
from consult.accounts.models import User
from consult.accounts.sessions import Device
from consult.clock import now
from consult.store import db


def sign_in_as(client: FlaskClient, user_id: int) -> FlaskClient:
    """Open a session for an account and have the browser carry its token."""
    with client.application.app_context():
        holder = sessions.holder_of(db.session.get_one(User, user_id))
        token = sessions.begin(holder, Device("192.0.2.9", "tests"), at=now())
    with client.session_transaction() as session:
        session["_user_id"] = token
    return client
