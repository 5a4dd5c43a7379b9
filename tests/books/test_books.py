"""The books, the canonical form, the hash totals."""

from kt_migrate.books import RESOURCE_ORIGIN, Books, HashTotal, canonical, digest, hash_totals
from kt_migrate.model import Outcome, Resource


def test_the_server_may_add_what_it_owns_without_changing_the_canonical_form() -> None:
    """Id, meta, narrative and resource-origin are left out; everything else counts."""
    mine: Resource = {"resourceType": "Patient", "active": True, "extension": [{"url": "x"}]}
    theirs: Resource = {
        **mine,
        "id": "1",
        "meta": {"versionId": "3"},
        "text": {"status": "generated"},
        "extension": [{"url": RESOURCE_ORIGIN, "valueReference": {}}, {"url": "x"}],
    }

    assert canonical(theirs) == canonical(mine)
    assert canonical({**mine, "active": False}) != canonical(mine)


def test_references_can_be_renamed() -> None:
    """A literal reference becomes the conditional one that it stands for."""
    resource: Resource = {
        "resourceType": "Task",
        "for": {"reference": "Patient/1", "type": "Patient"},
    }

    renamed = canonical(resource, {"Patient/1": "Patient?identifier=a|b"}.__getitem__)

    assert b"Patient?identifier=a|b" in renamed


def test_a_lost_or_doubled_resource_changes_the_total() -> None:
    """Count and sum differ; a doubled pair does not cancel."""
    one, two = digest(b"1"), digest(b"2")

    assert hash_totals([("T", one), ("T", two)]) == hash_totals([("T", two), ("T", one)])
    assert HashTotal().plus(one).plus(one) != HashTotal()
    assert HashTotal().plus(one).as_json() == {"count": 1, "sum": one}


def test_an_object_that_ends_nowhere_unbalances_the_books() -> None:
    """Each figure is booked apart: the gap has a name, in either account."""
    books = Books()
    books.see("Patient", "E", 3)
    books.supersede("Patient", "E")
    books.know("Patient", "E", 2)
    books.end("Patient", "E", Outcome.MIGRATED)

    assert books.unbalanced() == (("Patient", "E"),)

    books.end("Patient", "E", Outcome.REJECTED)
    assert books.unbalanced() == ()
    books.move("Patient", "E", Outcome.MIGRATED, Outcome.REJECTED)
    assert books.as_json()["Patient"]["rejected"] == 2
    books.see("Patient", "E")
    assert books.unbalanced() == (("Patient", "E"),)
    assert books.as_json_per_event()["Patient"]["E"]["migrated"] == 0
