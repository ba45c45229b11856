"""What holds for all of the code."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from importlib import import_module
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).resolve().parent.parent


def test_no_module_imports_itself_by_way_of_others() -> None:
    """Imports inside of functions and for types count: each of them would hide a circle."""
    graph = grimp.build_graph("consult", cache_dir=None)
    imports = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        circle = " → ".join(reversed(error.args[1]))
        raise AssertionError(f"a circle of imports: {circle}") from None


@pytest.mark.parametrize("benchmark", sorted(path.stem for path in (ROOT / "benchmarks").glob("[a-z]*.py")))
def test_a_benchmark_finds_what_it_measures(benchmark: str) -> None:
    """No other test runs them, and a name that they import may have moved."""
    import_module(f"benchmarks.{benchmark}")


ACROSS_ROOMS = {"durability", "imap", "kept", "road"}
"""Folders of tests of the whole house, and the mail server that they share."""


def test_the_tests_of_a_room_lie_in_the_folder_of_its_name() -> None:
    folders = {path.parent.relative_to(ROOT / "tests") for path in (ROOT / "tests").rglob("test_*.py")}
    rooms = {folder for folder in folders if folder.parts and folder.parts[0] not in ACROSS_ROOMS}
    assert not [str(room) for room in rooms if not (ROOT / "consult" / room / "__init__.py").exists()]


def test_templates_and_assets_lie_in_the_folder_of_their_face() -> None:
    shared = {"components", "errors", "icons", "transparency", "vendor"}
    folders = {
        path.parent.relative_to(ROOT / top) for top in ("templates", "static") for path in (ROOT / top).rglob("*.*")
    }
    faces = {folder for folder in folders if folder.parts and folder.parts[0] not in shared}
    assert not [str(face) for face in faces if not (ROOT / "consult/faces" / face / "__init__.py").exists()]


def test_faces_leave_the_database_and_permissions_to_the_stages() -> None:
    """A face parses, calls one verb of a stage and renders."""
    calls = [
        f"{path.relative_to(ROOT)}:{call.lineno}: {name}"
        for path in sorted((ROOT / "consult/faces").rglob("*.py"))
        for call, name in calls_in(ast.parse(path.read_text("utf-8")))
        if name in {"transaction", "select", "record", "require"}
    ]
    assert calls == []


STAGES = sorted(service.parent for service in (ROOT / "consult").glob("*/service.py"))
WITHOUT_REQUIRE = {
    "accounts.permissions.may": "answers whether the actor may, without refusing",
    "mailbox.fetching.sees_details": "answers who reads why a connection failed, without refusing",
    "ledger.two_persons.are_one": "answers whether two accounts are two persons, without refusing",
    "ledger.service.record": "writes down an act that its verb has permitted",
    "ledger.service.record_many": "writes down acts that their verb has permitted",
    "reporting.four_eyes.check": "is part of the verbs that review and publish a report",
    "reporting.four_eyes.steps": "answers who may review and publish, without refusing",
    "intake.staff_uploads.find": "gives an upload to its uploader alone; the verb that takes what is in it asks",
    "drafting.audit.record_act": "writes down an act that its verb has permitted",
    "drafting.versions.store_version": "part of the verbs that create and that add a version",
    "drafting.service.set_stage": "part of the verbs of later stages that move a consultation on",
    "drafting.publication.is_author": "answers who wrote a draft, so that nobody publishes their own",
    "drafting.worklists.visible_to": "is the condition of what the actor may see",
    "drafting.worklists.listing": "returns only what the actor may see",
    "drafting.worklists.count_by_state": "counts only what the actor may see",
    "drafting.worklists.unfinished": "returns only what the actor may see",
    "intake.service.receive": "takes what the public sends; ``enter`` is the verb of staff",
    "intake.batches.receive_many": "takes what the public sent; the import of a table has asked",
    "intake.batches.receive_together": "takes what the public sent; the import of a table has asked",
    "adoption.sheet_entries.record_import": "writes down an act that its verb has permitted",
    "consultees.invitations.require_consultee": "asks whether the actor is the consultee that was invited",
    "review.service.check_reviewer": "asks whether the actor is of a unit that reviews",
    "consultees.hearing_record.record_on": "writes down an act that its verb has permitted",
    "issuance.service.record_on": "writes down an act that its verb has permitted",
    "accounts.permissions.is_outside": "answers whose division it is, without refusing",
    "adoption.holdings.consultations_held": "names only what the actor holds",
    "adoption.presence.note": "notes what a page that was allowed shows",
    "adoption.presence.others": "names colleagues on a page that was allowed",
    "adoption.reason_library.templates": "names only the reasons of the actor's division and of all",
    "adoption.reason_library.offers": "names only the reasons of the actor's division and of all",
    "adoption.reason_library.offered": "returns only a reason of the actor's division or of all",
    "adoption.reason_library.may_keep": "answers whose reasons the actor keeps, without refusing",
    "adoption.saved_views.views": "names only the actor's views and those of the division",
    "adoption.holdings.is_holder": "answers whether the actor holds it, without refusing",
    "adoption.opinions.lock_standing": "part of the verbs that place and split",
    "adoption.service.lock_to_decide": "part of the verbs that decide",
    "adoption.themes.copy_marks": "part of the verb that splits",
    "adoption.holdings.expect_given": "part of the verbs that decide",
    "drafting.helping.set_helpers": "part of the verbs that give opinions and take them back",
    "adoption.service.record_decision": "writes down an act that its verb has permitted",
    "consultees.invitations.record_on": "writes down an act that its verb has permitted",
    "consultees.invitations.ask_for_paper": "refuses every actor but the consultee that was invited",
    "consultees.groups.offered": "names only the groups of the actor's division and everybody's",
    "consultees.groups.named": "names only the groups of the actor's division and everybody's",
    "consultees.letter_templates.offered": "names only the templates of the actor's division and of all",
    "consultees.letter_templates.divisions": "names the divisions that the actor may keep templates for",
    "consultees.letter_templates.may_keep_for_all": "answers whose templates the actor keeps, without refusing",
    "consultees.invitations.decline": "refuses every actor but the consultee that was invited",
    "consultees.extensions.ask_extension": "refuses every actor but the consultee that was invited",
    "consultees.response_storage.receive_response": "part of the verbs that send and that enter an answer",
    "consultees.response_storage.store": "part of the verbs that send, enter and recognise an answer",
    "consultees.response_storage.finish_answer": "part of the verbs that send and that confirm an answer",
    "consultees.response_storage.record_response": "writes down an act that its verb has permitted",
    "consultees.place_records.record_place": "writes down an act that its verb has permitted",
    "consultees.place_records.record_places": "writes down an act that its verb has permitted",
    "consultees.members.record_move": "writes down an act that its verb has permitted",
    "consultees.merging.transfer": "part of the verb that merges two entries of the register",
    "consultees.register_history.note_correction": "part of the verb that changes an entry of the register",
    "consultees.responses.respond": "refuses every actor but the consultee that was invited",
}
"""Public functions with an actor that needn't call ``require``, and why."""


def test_every_verb_asks_whether_its_actor_may() -> None:
    missing = {name for stage in STAGES for name in verbs_without_require(stage)}
    assert missing == set(WITHOUT_REQUIRE)


def verbs_without_require(stage: Path) -> Iterator[str]:
    """Yield the public functions of a stage that take an actor and call ``require`` neither directly nor by another."""
    for path in sorted(stage.rglob("*.py")):
        module = ast.parse(path.read_text("utf-8"))
        functions = {node.name: node for node in module.body if isinstance(node, ast.FunctionDef)}
        called = {name: {callee for _, callee in calls_in(node)} for name, node in functions.items()}
        asking = {"require"}
        while more := {name for name, names in called.items() if name not in asking and names & asking}:
            asking |= more
        room = ".".join(path.relative_to(stage.parent).with_suffix("").parts)
        for name, node in functions.items():
            if not name.startswith("_") and name not in asking and takes_an_actor(node):
                yield f"{room}.{name}"


def takes_an_actor(function: ast.FunctionDef) -> bool:
    """Say whether a function has a parameter of the type ``Actor``."""
    parameters = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
    return any(
        "Actor" in ast.unparse(parameter.annotation) for parameter in parameters if parameter.annotation is not None
    )


def calls_in(tree: ast.AST) -> Iterator[tuple[ast.Call, str]]:
    """Yield each call with the last part of the name that is called."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
            yield node, node.func.id if isinstance(node.func, ast.Name) else node.func.attr
