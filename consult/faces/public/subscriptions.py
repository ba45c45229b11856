"""Subscribing by mail: asked for on a page, confirmed from the letter, ended by one click (RFC 8058)."""

from __future__ import annotations

from flask import abort, render_template, request
from werkzeug.wrappers import Response

from consult import clock
from consult.app_context import settings
from consult.drafting.models import Consultation
from consult.faces import jobs
from consult.faces.guards import csrf, limiter
from consult.faces.public.blueprint import blueprint, public_consultation
from consult.faces.public.forms import SubscribeForm
from consult.faces.public.receipts import uncached
from consult.subscriptions import service
from consult.subscriptions.errors import SubscriptionRefused
from consult.subscriptions.models import LetterWish, Scope, Subscription

Answer = Response | tuple[str, int] | str


@blueprint.get("/subscribe")
def subscribe() -> Answer:
    """Show the form; ``?consultation=`` offers news of that one."""
    consultation = _consultation()
    scope = Scope.CONSULTATION if consultation is not None else Scope.ALL
    return _page(SubscribeForm(formdata=None, data={"scope": scope.value}), consultation)


@blueprint.post("/subscribe")
@limiter.limit(lambda: settings().ratelimit_receipt)
def send_subscription() -> Answer:
    """Send the letter that asks for confirmation; the answer is the same whoever is subscribed already."""
    consultation, form = _consultation(), SubscribeForm()
    if not form.validate():
        return _page(form, consultation), 400
    scope = Scope(form.scope.data)
    try:
        service.subscribe(
            form.address.data or "",
            scope,
            words=form.words.data or "",
            consultation=consultation if scope is Scope.CONSULTATION else None,
            at=clock.now(),
        )
    except SubscriptionRefused as refusal:
        return _page(form, consultation, [refusal.args[0]]), 400
    jobs.ask("mail")
    return render_template("public/subscribed.html", asked=True, held=None)


@blueprint.get("/subscribe/<token>")
def confirm_page(token: str) -> Answer:
    """Ask for the click that confirms: programs that look at links in mail click nothing."""
    return _held_page(_subscription(token), "confirm")


@blueprint.post("/subscribe/<token>")
@limiter.limit(lambda: settings().ratelimit_receipt)
def confirm_subscription(token: str) -> Answer:
    """Confirm a subscription."""
    subscription = _subscription(token)
    try:
        service.confirm(subscription, at=clock.now())
    except SubscriptionRefused as refusal:
        return _held_page(subscription, "refused", [refusal.args[0]], 409)
    return _held_page(subscription, "confirmed")


@blueprint.get("/unsubscribe/<token>")
def unsubscribe_page(token: str) -> Answer:
    """Ask for the click that ends it."""
    held = service.by_token(token) or abort(404)
    return _held_page(held, "ended" if held.ended_at is not None else "end")


@blueprint.post("/unsubscribe/<token>")
@csrf.exempt  # mail programs send it for their user, with the token alone (RFC 8058)
def unsubscribe(token: str) -> Answer:
    """End a subscription, or the letters about a submission."""
    held = service.by_token(token) or abort(404)
    service.end(held, at=clock.now())
    return _held_page(held, "ended")


def _subscription(token: str) -> Subscription:
    held = service.by_token(token)
    return held if isinstance(held, Subscription) else abort(404)


def _consultation() -> Consultation | None:
    slug = request.values.get("consultation", "")
    return public_consultation(slug, clock.now()) if slug else None


def _page(form: SubscribeForm, consultation: Consultation | None, refusals: list[str] | None = None) -> str:
    return render_template(
        "public/subscribe.html", form=form, consultation=consultation, refusals=refusals or [], scopes=Scope
    )


def _held_page(
    held: Subscription | LetterWish, step: str, refusals: list[str] | None = None, status: int = 200
) -> Response:
    page = render_template(
        "public/subscribed.html",
        asked=False,
        held=held,
        step=step,
        is_subscription=isinstance(held, Subscription),
        refusals=refusals or [],
    )
    return uncached(Response(page, status=status, mimetype="text/html"))
