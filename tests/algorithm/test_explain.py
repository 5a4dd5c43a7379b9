"""What an algorithm comes to when everything is merged, and which file decided what."""

from __future__ import annotations

from pathlib import Path

import pytest

from algorithm.files import HEAD, written
from kt_migrate.algorithm.explain import explained
from kt_migrate.algorithm.load import load_whole
from kt_migrate.algorithm.mistakes import AlgorithmError
from kt_migrate.model import Json

OWN = """extends: standard
policies: {task_owner: reject}
codes:
  task-status: {Expired: failed}
remove: [patient-address]
types:
  Patient:
    rules:
      - {id: patient-birth-date, required: false, because: "besluit van de zorgaanbieder"}
      - {id: patient-gender, value: unknown, because: "zo afgesproken"}
"""


def rows(value: Json) -> list[dict[str, Json]]:
    """Return the rows of a list."""
    assert isinstance(value, list)
    return [row for row in value if isinstance(row, dict)]


def of(value: Json, **match: Json) -> dict[str, Json]:
    """Return the one row that matches."""
    (found,) = [
        row for row in rows(value) if all(row[name] == wanted for name, wanted in match.items())
    ]
    return found


@pytest.fixture
def own(tmp_path: Path) -> dict[str, Json]:
    """An algorithm that differs a little from the standard one."""
    return explained(load_whole(str(written(tmp_path, HEAD + OWN))))


def test_a_rule_of_which_one_field_differs_keeps_the_rest(own: dict[str, Json]) -> None:
    """The file that said each of them is known."""
    patient = of(own["types"], source_type="Patient")
    rule = of(patient["elements"], element="birthDate")
    where, elsewhere = rule.pop("where"), rule.pop("elsewhere")

    assert rule == {
        "element": "birthDate", "rule": "patient-birth-date", "from": "birthDate", "when": None,
        "using": "date_only", "value": None, "required": False, "enrichment": "birthDate",
        "because": "besluit van de zorgaanbieder",
    }  # fmt: skip
    assert where == "eigen.yaml:12:9"
    assert isinstance(elsewhere, dict)
    assert elsewhere.keys() == {"from", "to", "using", "enrichment"}
    assert all(str(place).startswith("standard.yaml:") for place in elsewhere.values())
    assert str(patient["where"]).startswith("standard.yaml:")


def test_a_fixed_value_takes_the_place_of_source_and_function(own: dict[str, Json]) -> None:
    """And a function that of a fixed value."""
    rule = of(of(own["types"], source_type="Patient")["elements"], element="gender")

    assert (rule["from"], rule["using"], rule["value"]) == (None, None, "unknown")
    assert rule["required"] is True


def test_each_choice_has_its_consequence_and_who_made_it(own: dict[str, Json]) -> None:
    """The other choices are the standard's."""
    owner = of(own["policies"], policy="task_owner")
    gender = of(own["policies"], policy="gender_missing")

    assert (owner["value"], owner["where"]) == ("reject", "eigen.yaml:5:12")
    assert owner["means"] == "An activity with more than one performer is rejected."
    assert str(gender["where"]).startswith("standard.yaml:")


def test_each_line_of_a_table_has_who_decided_it(own: dict[str, Json]) -> None:
    """One line differs, the others are the standard's."""
    status = of(own["codes"], table="task-status")
    expired, waiting = (of(status["codes"], code=code) for code in ("Expired", "Waiting"))

    assert (expired["becomes"], expired["where"]) == ("failed", "eigen.yaml:7:17")
    assert str(waiting["where"]).startswith("standard.yaml:")
    assert status["unknown"] == "reject"


def test_what_was_removed_is_not_explained(own: dict[str, Json]) -> None:
    """It does not apply."""
    elements = rows(of(own["types"], source_type="Patient")["elements"])

    assert not any(row["element"] == "address" for row in elements)


def test_one_type_alone_can_be_explained() -> None:
    """Also one without a home; one that is not there is named, with the nearest."""
    whole = load_whole("standard")
    patient, plan = explained(whole, "Patient"), explained(whole, "CarePlan")

    assert [row["source_type"] for row in rows(patient["types"])] == ["Patient"]
    assert patient["not_migrated"] == []
    assert "policies" not in patient
    assert of(plan["not_migrated"], source_type="CarePlan")["rule"] == "careplan-container"
    with pytest.raises(AlgorithmError) as caught:
        explained(whole, "Pasient")
    assert caught.value.fix.startswith("Bedoelt u Patient?")


def test_every_rule_of_the_standard_is_explained_once() -> None:
    """With its id, its reason and its place."""
    found = explained(load_whole("standard"))
    entries = rows(found["types"])
    named = [row for entry in entries for row in rows(entry["elements"]) + rows(entry["ignored"])]

    assert len({row["rule"] for row in named}) == len(named) > 120
    assert all(row["because"] and row["where"] for row in named)
